"""The service put together: TLS, RPCs, galleries, children; runs until told to stop."""

import asyncio
import contextlib
import gc
import os
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import cv2
import grpc
import structlog
import threadpoolctl
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from limen.v1 import (
    alerts_pb2,
    alerts_pb2_grpc,
    approvals_pb2,
    approvals_pb2_grpc,
    audit_pb2,
    audit_pb2_grpc,
    crossings_pb2,
    crossings_pb2_grpc,
    fleet_pb2,
    fleet_pb2_grpc,
    manifests_pb2,
    manifests_pb2_grpc,
    people_pb2,
    people_pb2_grpc,
    verification_pb2,
    verification_pb2_grpc,
)

from backend import access, alerts, auditing, expected_alerts, galleries_port, tls
from backend.address import check_free
from backend.clock import Clock, SteadyClock, monotonic_ms, utc_ms
from backend.doorkeeper import Doorkeeper
from backend.embedding import Embedding
from backend.errors import Mismatch, StoreUnfit
from backend.galleries import Galleries
from backend.galleries_build import Means
from backend.imaging import Imaging
from backend.interceptors import Guard
from backend.looking import Looking
from backend.matching.threshold import OperatingPoint
from backend.operating_point import FILE, read_operating_point
from backend.operations import health, loop_lag, metrics, work
from backend.operations.health import Health, Readiness
from backend.operations.metrics import Metrics
from backend.operations.observing import Observing
from backend.operations.work import Job, lasting
from backend.parts import Parts
from backend.retention import engine
from backend.retention.lived_clock import LivedClock
from backend.sending import Sending
from backend.services.alerts import Alerts
from backend.services.approvals import Approvals
from backend.services.audit import Audit
from backend.services.crossings import Crossings
from backend.services.fleet import Fleet
from backend.services.manifests import Manifests
from backend.services.people import People
from backend.services.verification import Verification
from backend.settings import Settings
from backend.sources.listed import opened
from backend.sources.patience import Sources
from backend.store import key_checks
from backend.store.engine import Store, open_store
from backend.verifier import Operating, Verifier
from vision import models
from vision.embed import template_version
from vision.sessions import check_libraries

log = structlog.get_logger()
SERVICES = [
    file.DESCRIPTOR
    for file in (
        alerts_pb2,
        approvals_pb2,
        audit_pb2,
        crossings_pb2,
        fleet_pb2,
        manifests_pb2,
        people_pb2,
        verification_pb2,
    )
]
METHODS = [f"/{s.full_name}/{m.name}" for file in SERVICES for s in file.services_by_name.values() for m in s.methods]
HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
NAMES = [HEALTH, *(s.full_name for file in SERVICES for s in file.services_by_name.values())]
MOST_BYTES = 5 * 2**20
BUDGETS = [
    ("grpc.max_concurrent_streams", 32),  # of a connection: so many calls at once stand before another peer's
    ("grpc.http.overload_protection", 0),  # it refuses honest calls in place of those that just ended
    ("grpc.per_message_decompression", 0),  # 200 bytes may unfold to 5 MB: whatever comes compressed is not read
    ("grpc.keepalive_time_ms", 5_000),  # a peer that lost its line holds its session no longer than this and that
    ("grpc.keepalive_timeout_ms", 2_000),
    ("grpc.http2.ping_timeout_ms", 2_000),  # without it a minute
]


@contextlib.asynccontextmanager
async def running(
    settings: Settings, clock: Clock = utc_ms, monotonic: Callable[[], int] = monotonic_ms
) -> AsyncIterator[int]:
    """The service, serving; yields its port.

    Raises ModelUnfit, LibraryUnfit, Mismatch, StoreUnfit, OSError: the service must not start.
    """
    _prepare(settings)
    point = _operating_point(settings.operating_point or FILE)
    async with contextlib.AsyncExitStack() as stack:
        parts = await assembled(settings, LivedClock(clock, monotonic), point, stack)
        measured, readiness = Metrics(), Readiness(NAMES, settings.standby)
        measured.follow(readiness, parts.lived)
        parts.store.observe = measured.observe_store
        stack.enter_context(metrics.served(measured, settings.metrics))
        doorkeeper = Doorkeeper(settings.budgets)
        measured.count(doorkeeper)
        server, port = _server(parts, measured, readiness, doorkeeper)
        gc.freeze()  # what is there now stays: to look through all of it takes a tenth of a second while gates wait
        await server.start()
        async with asyncio.TaskGroup() as tasks:
            started = [tasks.create_task(lasting(job)) for job in jobs(parts, measured, readiness)]
            started.append(tasks.create_task(lasting(lambda: doorkeeper.run(port))))
            log.info("service.started", port=port, template_version=template_version())
            try:
                yield port
            finally:
                await _drain(server, readiness, settings.drain_s)
                for task in started:
                    task.cancel()


def _prepare(settings: Settings) -> None:
    _check_places(settings)
    check_libraries()
    cv2.setNumThreads(1)  # only small pictures are measured here
    threadpoolctl.threadpool_limits(1, user_api="blas")  # its threads go on spinning after a search: in others' way
    models.check_all()


async def _drain(server: grpc.aio.Server, readiness: Readiness, longest_s: float) -> None:
    """Whoever watches our health goes elsewhere first; then nothing new is taken, and what was taken is finished."""
    readiness.drain()
    log.info("service.drains", watchers=readiness.watchers)
    if readiness.watchers:
        await asyncio.sleep(health.TOLD_S)
    await readiness.all_taken(longest_s / 2)
    await server.stop(longest_s)


async def assembled(
    settings: Settings, lived: LivedClock, point: OperatingPoint, stack: contextlib.AsyncExitStack
) -> Parts:
    clock = SteadyClock(lived.wall, lived.monotonic)
    store = Store(open_store(settings.state_dir, settings.database))
    stack.callback(store.close)
    embedding = Embedding(settings.threads)
    stack.callback(embedding.close)
    probes, on_file = Imaging(), Imaging(settings.threads)  # a gallery in the making must not hold up a traveller
    for imaging in (probes, on_file):
        stack.push_async_callback(imaging.close)
    await probes.start()
    keys = await store.run(key_checks.opened, settings.keys)
    sources = Sources(await stack.enter_async_context(opened(settings, clock)))
    replica = uuid.uuid4().hex
    means = Means(store, keys, clock, on_file, embedding, sources, template_version(), replica, settings.threads + 1)
    galleries = Galleries(means, settings.ahead_h, point, settings.rules)
    operating = Operating(point, settings.rules, settings.waiting)
    verifier = Verifier(store, keys, clock, galleries, Looking(probes, embedding), operating)
    await lived.start(store)
    return Parts(settings, store, keys, clock, lived, galleries, verifier)


def jobs(parts: Parts, measured: Metrics, readiness: Readiness) -> list[Job]:
    """What runs beside the RPCs for as long as the service does: each is started anew when the database was away, and
    the first to fail otherwise ends the service."""
    settings, store = parts.settings, parts.store
    return [
        parts.galleries.run,
        lambda: parts.lived.run(store),
        lambda: galleries_port.run(store, parts.keys, parts.lived, settings.lanes, template_version()),
        lambda: engine.run(store, parts.keys, parts.lived, settings),
        lambda: auditing.run(parts.store, parts.keys, parts.clock, parts.settings.witness_dir),
        lambda: alerts.run(parts.store, parts.clock, parts.settings.escalate_s),
        lambda: expected_alerts.run(parts.store, parts.keys, parts.clock),
        Sending(store, parts.keys, parts.clock, settings.records).run,
        store.listen,
        lambda: health.watch(readiness, store, parts.galleries, parts.clock),
        lambda: loop_lag.watch(measured),
        lambda: work.tell(measured, store, parts.clock, engine.terms_of(settings)),
    ]


def _check_places(settings: Settings) -> None:
    """What would not work later is said now.  Raises StoreUnfit."""
    check_free("listen", settings.listen)
    if settings.metrics:
        check_free("metrics", settings.metrics)
    if not os.access(settings.photos_dir, os.R_OK | os.X_OK) or not settings.photos_dir.is_dir():
        raise StoreUnfit(f"photos_dir {settings.photos_dir} is no folder we can read; make it, or name another")


def _operating_point(file: Path) -> OperatingPoint:
    point = read_operating_point(file)
    if point.template_version != template_version():
        raise Mismatch(
            f"operating point {file} is for template version {point.template_version}, this is {template_version()}"
        )
    return point


def _server(
    parts: Parts, measured: Metrics, readiness: Readiness, doorkeeper: Doorkeeper
) -> tuple[grpc.aio.Server, int]:
    settings = parts.settings
    options = [
        ("grpc.max_receive_message_length", MOST_BYTES),
        ("grpc.max_connection_age_ms", int(settings.connection_age_s * 1000)),
        ("grpc.max_connection_age_grace_ms", 10_000),
        ("grpc.so_reuseport", 0),
        ("grpc.http2.lookahead_bytes", 2**20),  # three shots arrive in one round trip
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),  # of appliances that watch, every 20 s
        *BUDGETS,
        ("grpc.max_allowed_incoming_connections", doorkeeper.room),
        ("grpc.server_handshake_timeout_ms", int(settings.budgets.handshake_s * 1000)),
    ]
    if missing := access.without_policy(METHODS):
        raise StoreUnfit(f"methods without an access rule: {missing}")
    server = grpc.aio.server(
        interceptors=[Observing(measured, readiness), Guard(parts, measured, doorkeeper)], options=options
    )
    _register(server, parts, readiness)
    return server, server.add_secure_port(settings.listen, tls.credentials(settings.state_dir / "ca"))


def _register(server: grpc.aio.Server, parts: Parts, readiness: Readiness) -> None:
    verification_pb2_grpc.add_VerificationServicer_to_server(Verification(parts), server)
    manifests_pb2_grpc.add_ManifestsServicer_to_server(Manifests(parts), server)
    fleet_pb2_grpc.add_FleetServicer_to_server(Fleet(parts), server)
    audit_pb2_grpc.add_AuditServicer_to_server(Audit(parts), server)
    alerts_pb2_grpc.add_AlertsServicer_to_server(Alerts(parts), server)
    approvals_pb2_grpc.add_ApprovalsServicer_to_server(Approvals(parts), server)
    crossings_pb2_grpc.add_CrossingsServicer_to_server(Crossings(parts), server)
    people_pb2_grpc.add_PeopleServicer_to_server(People(parts), server)
    health_pb2_grpc.add_HealthServicer_to_server(Health(readiness), server)
    reflection.enable_server_reflection([*NAMES, reflection.SERVICE_NAME], server)
