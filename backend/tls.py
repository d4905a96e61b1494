"""The service's side of TLS: certificates of its authority only, taken anew whenever their files change."""

from pathlib import Path
from typing import Any

import grpc
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from backend.errors import StoreUnfit

log = structlog.get_logger()
FILES = ("service.key", "service.pem", "ca.pem")


def credentials(folder: Path) -> grpc.ServerCredentials:
    """Read again at the first connection after its files changed, so a renewed certificate or authority needs no
    restart, and a crowd of connections costs no reading.  Raises StoreUnfit."""
    seen, held = _written(folder), _read(folder)
    if held is None:
        raise StoreUnfit(
            f"{folder}: service.key and service.pem do not belong together; `limen-tvs ca renew` makes both"
        )

    def fetch() -> Any:
        """A ServerCertificateConfiguration; None, and what was goes on, while files are being replaced."""
        nonlocal seen
        try:
            if (now := _written(folder)) == seen:
                return None
            renewed = _read(folder)
            seen = now if renewed is not None else seen
            return renewed
        except StoreUnfit as error:
            log.error("certificate.unreadable", why=str(error))
            return None

    return grpc.dynamic_ssl_server_credentials(held, fetch, require_client_authentication=True)


def _written(folder: Path) -> list[tuple[int, int, int]]:
    """What changes when one of the files is replaced.  Raises StoreUnfit."""
    try:
        return [(f.st_ino, f.st_mtime_ns, f.st_size) for f in ((folder / name).stat() for name in FILES)]
    except OSError as error:
        raise StoreUnfit(f"{folder}: {error}; `limen-tvs ca init` makes an authority, `ca renew` the rest") from error


def _read(folder: Path) -> grpc.ServerCertificateConfiguration | None:
    """None if key and certificate are not of one pair."""
    try:
        key, chain, trusted = ((folder / name).read_bytes() for name in FILES)
        public = x509.load_pem_x509_certificate(chain).public_key()
        mine = load_pem_private_key(key, None).public_key()
    except (OSError, ValueError) as error:
        raise StoreUnfit(f"{folder}: {error}; `limen-tvs ca init` makes an authority, `ca renew` the rest") from error
    how = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if public.public_bytes(*how) != mine.public_bytes(*how):
        return None
    return grpc.ssl_server_certificate_configuration([(key, chain)], trusted)
