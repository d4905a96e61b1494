"""The service put together: TLS, RPCs, galleries, children; runs until told to stop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import grpc
import structlog
from grpc_health.v1 import health, health_pb2_grpc
from limen.v1 import audit_pb2, fleet_pb2, manifests_pb2, verification_pb2
from limen.v1.audit_pb2_grpc import add_AuditServicer_to_server
from limen.v1.fleet_pb2_grpc import add_FleetServicer_to_server
from limen.v1.manifests_pb2_grpc import add_ManifestsServicer_to_server
from limen.v1.verification_pb2_grpc import add_VerificationServicer_to_server

from backend import access
from backend.embedding import Embedding
from backend.errors import Mismatch, StoreUnfit
from backend.galleries import Galleries
from backend.imaging import Imaging
from backend.interceptors import Guard
from backend.matching.threshold import OperatingPoint
from backend.operating_point import FILE, read_operating_point
from backend.services.fleet import Audit, Fleet
from backend.services.manifests import Manifests
from backend.services.verification import Verification
from backend.settings import Settings
from backend.store.engine import Store, open_store
from backend.verifier import Verifier
from vision import models
from vision.embed import template_version
from vision.sessions import check_libraries

log = structlog.get_logger()
SERVICES = [file.DESCRIPTOR for file in (verification_pb2, manifests_pb2, fleet_pb2, audit_pb2)]
DRAIN_S = 5.0
MOST_BYTES = 5 * 2**20


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[int]:
    """The service, serving; yields its port.

    Raises ModelUnfit, LibraryUnfit, Mismatch, StoreUnfit, OSError: the service must not start.
    """
    check_libraries()
    cv2.setNumThreads(1)  # only small pictures are measured here
    models.check_all()
    point = _operating_point(settings.operating_point or FILE)
    async with contextlib.AsyncExitStack() as stack:
        store = Store(open_store(settings.state_dir))
        stack.callback(store.close)
        embedding = Embedding(settings.threads)
        stack.callback(embedding.close)
        probes, on_file = Imaging(), Imaging()  # a gallery in the making must not hold up a traveller
        for imaging in (probes, on_file):
            stack.push_async_callback(imaging.close)
            await imaging.start()
        galleries = Galleries(store, on_file, embedding, settings.photos_dir)
        verifier = Verifier(store, galleries, probes, embedding, point, settings.rules)
        server, port = _server(settings, store, galleries, verifier)
        await server.start()
        stack.push_async_callback(server.stop, DRAIN_S)
        async with asyncio.TaskGroup() as tasks:
            building = tasks.create_task(galleries.run())
            log.info("service.started", port=port, template_version=template_version())
            yield port
            building.cancel()


def _operating_point(file: Path) -> OperatingPoint:
    point = read_operating_point(file)
    if point.template_version != template_version():
        raise Mismatch(
            f"operating point {file} is for template version {point.template_version}, this is {template_version()}"
        )
    return point


def _server(settings: Settings, store: Store, galleries: Galleries, verifier: Verifier) -> tuple[grpc.aio.Server, int]:
    options = [
        ("grpc.max_receive_message_length", MOST_BYTES),
        ("grpc.max_connection_age_ms", int(settings.connection_age_s * 1000)),
        ("grpc.max_connection_age_grace_ms", 10_000),
        ("grpc.so_reuseport", 0),
    ]
    server = grpc.aio.server(interceptors=[Guard(store)], options=options)
    add_VerificationServicer_to_server(Verification(verifier, store, galleries), server)
    add_ManifestsServicer_to_server(Manifests(store, galleries), server)
    add_FleetServicer_to_server(Fleet(settings.rules), server)
    add_AuditServicer_to_server(Audit(store), server)
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    methods = [
        f"/{s.full_name}/{m.name}" for file in SERVICES for s in file.services_by_name.values() for m in s.methods
    ]
    if missing := access.without_policy(methods):
        raise StoreUnfit(f"methods without an access rule: {missing}")
    return server, server.add_secure_port(settings.listen, _credentials(settings.state_dir / "ca"))


def _credentials(folder: Path) -> grpc.ServerCredentials:
    """Certificates are read again at each new connection, so a renewed one needs no restart."""

    def fetch() -> grpc.ServerCertificateConfiguration:
        pair = ((folder / "service.key").read_bytes(), (folder / "service.pem").read_bytes())
        return grpc.ssl_server_certificate_configuration([pair], (folder / "ca.pem").read_bytes())

    return grpc.dynamic_ssl_server_credentials(fetch(), fetch, require_client_authentication=True)
