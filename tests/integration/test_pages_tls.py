"""Pages over TLS: by the appliance's own name, with a certificate of our authority; over no network without."""

import asyncio
import http.client
import socket
import ssl
from pathlib import Path

import pytest
import uvicorn
from limen.v1 import screens_pb2

from calibration.rehearsal.lane import free_port
from edge.agent_orders import carry_out
from edge.errors import SettingsUnfit
from edge.screens.app import build
from edge.screens.places import Places
from edge.screens.serving import served
from edge.view import View
from tests.podium import AGENT, CODES, hold_codes, identity, shifts_at


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "gate-1.example", "::"])
def test_pages_go_over_no_network_without_their_certificate(tmp_path: Path, host: str) -> None:
    (tmp_path / "peer.pem").write_text("")
    with pytest.raises(SettingsUnfit, match=r"limen-tvs device renew … --host NAME"):
        served(host, tmp_path)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.7"])
def test_pages_for_this_machine_alone_need_none(tmp_path: Path, host: str) -> None:
    assert served(host, tmp_path).scheme == "http"


async def test_pages_over_tls_answer_to_their_name_by_a_certificate_of_our_authority(tmp_path: Path) -> None:
    of = identity(tmp_path)
    where, port = served("0.0.0.0", of), free_port(0)
    assert where.names == {"gate-1.example"}
    hold_codes(tmp_path / "j", 1)
    view = View()
    podium = shifts_at(tmp_path / "j", of, lambda open_: view.update(shifts=open_))

    async def order(command: screens_pb2.ScreenCommand) -> screens_pb2.ScreenAnswer:
        return (await carry_out(command, view, podium))[0]

    pages = build(view, order, where, Places())
    config = uvicorn.Config(
        pages, "127.0.0.1", port, log_level="error", ssl_certfile=where.certificate, ssl_keyfile=where.key
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    assert await asyncio.to_thread(_status, port, of, "gate-1.example") == 200
    assert await asyncio.to_thread(_status, port, of, "127.0.0.1") == 421
    assert await asyncio.to_thread(_status, port, of, "gate-1.example", origin="http://gate-1.example") == 403
    assert await asyncio.to_thread(_status, port, of, "gate-1.example", origin="https://gate-1.example") == 303
    server.should_exit = True
    await serving


def _status(port: int, of: Path, host: str, origin: str = "") -> int:
    """As a browser that knows the appliance by its name asks, wherever that leads."""
    trusts = ssl.create_default_context(cafile=str(of / "ca.pem"))
    form = f"person={AGENT}&secret={CODES[0]}".encode() if origin else None
    line = trusts.wrap_socket(
        socket.create_connection(("127.0.0.1", port), timeout=10), server_hostname="gate-1.example"
    )
    connection = http.client.HTTPSConnection("gate-1.example")
    connection.sock = line
    headers = {"Host": host, "Content-Type": "application/x-www-form-urlencoded", "Origin": origin}
    connection.request("POST" if form else "GET", "/agent/login" if form else "/agent", form, headers)
    answer = connection.getresponse()
    if answer.status == 303:
        assert "Secure" in (answer.headers["Set-Cookie"] or "")
    connection.close()
    return answer.status
