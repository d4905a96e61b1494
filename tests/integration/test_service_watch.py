"""What a gate makes of its service, by a real one: documents are asked whenever it answers."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from limen.v1 import manifests_pb2

from edge.encounter.events import Event, ServiceChanged
from edge.encounter.journal import Journal
from edge.sentences import ServiceSays
from edge.service import ServiceClient
from edge.service_watch import ServiceWatch
from edge.settings import Service as Where
from edge.view import View
from tests.conftest import Caller, Service


def watched(service: Service, folder: Path, until: Callable[[View], bool], port: int = 0) -> tuple[View, list[Event]]:
    """A gate follows its service until its page says this; with what it told the loop that decides."""
    view, heard = View(), list[Event]()

    async def watch() -> None:
        where = Where(address=f"localhost:{port or service.port}", identity=service.root / "g1")
        client = ServiceClient(where, "g1")
        running = asyncio.create_task(ServiceWatch(client, Journal(folder), view, heard.append).run())
        async with asyncio.timeout(20):
            while not until(view):
                await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await client.close()

    asyncio.run(watch())
    return view, heard


def test_hum3_documents_are_asked_though_another_connection_has_this_gates_gallery(
    service: Service, gate: Caller, tmp_path: Path
) -> None:
    """Somebody with a copy of the key, or a service that is full: it answers, so no agent's word opens alone."""
    held = gate.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=60)
    next(held)
    _, heard = watched(service, tmp_path, lambda view: view.service is ServiceSays.BUSY)
    assert heard[-1] == ServiceChanged(False, reachable=True)
    held.cancel()
    _, heard = watched(service, tmp_path, lambda view: view.service_up or view.service is ServiceSays.NO_JOURNEY)
    assert isinstance(heard[-1], ServiceChanged)
    assert heard[-1].reachable


def test_hum3_a_gate_that_is_refused_asks_all_the_same(service: Service, gate: Caller, tmp_path: Path) -> None:
    """What the service refuses opens no gate; the agent is told to call a technician."""
    service.add("g-moved", "gate", "G9", "GVA")
    renamed = {name: (service.root / "g1" / name).read_bytes() for name in ("peer.key", "peer.pem")}
    try:
        for name in renamed:
            (service.root / "g1" / name).write_bytes((service.root / "g-moved" / name).read_bytes())
        _, heard = watched(service, tmp_path, lambda view: view.service is ServiceSays.REFUSES)
    finally:
        for name, kept in renamed.items():
            (service.root / "g1" / name).write_bytes(kept)
    assert heard[-1] == ServiceChanged(False, reachable=True)


def test_ops1_an_agents_word_opens_alone_while_nothing_answers(service: Service, gate: Caller, tmp_path: Path) -> None:
    view, heard = watched(service, tmp_path, lambda view: view.service is ServiceSays.NO_ANSWER, port=1)
    assert not view.service_up
    assert not any(isinstance(event, ServiceChanged) and event.reachable for event in heard)
