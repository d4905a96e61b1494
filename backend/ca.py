"""Our own certificate authority: one certificate for the service, one for each peer.

A peer's certificate carries its role, name and generation in a URI (limen://gate/NAME#1); X.509 per RFC 5280.
ca.pem: whom the service and its peers trust, who signs first.  While an authority follows another, both are in there,
and before.key and before.pem still sign for the service, because not every peer has heard of the new one.
"""

import ipaddress
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from backend.access import DEVICE_ROLES
from backend.errors import Refused

ROLES = tuple(sorted(DEVICE_ROLES))
CA_DAYS, LEAF_DAYS = 3650, 397
SCHEME = "limen://"


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a certificate names.  generation: 1, 2, …; see `store.peers`."""

    role: str
    name: str
    generation: int = 1


@dataclass(frozen=True, slots=True)
class Signer:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def init(folder: Path, hosts: list[str]) -> None:
    """Make the authority and the service's own certificate.  Raises Refused if there is one already."""
    if (folder / "ca.key").exists():
        raise Refused(f"{folder} already holds an authority; making another would lock out every device")
    folder.mkdir(parents=True, exist_ok=True)
    _authority(folder, b"")
    (folder / "hosts").write_text("\n".join(hosts) + "\n")
    renew(folder)


def renew(folder: Path) -> None:
    """A new key and certificate for the service, for the same hosts; a running one takes them for new connections."""
    try:
        hosts = (folder / "hosts").read_text().split()
    except OSError as error:
        raise Refused(f"{folder} holds no authority; run `limen-tvs ca init` first") from error
    stem = "before" if (folder / "before.key").exists() else "ca"
    names = [_host(host) for host in hosts]
    _issue(_signer(folder, stem), folder, "service", names, ExtendedKeyUsageOID.SERVER_AUTH, LEAF_DAYS)


def succeed(folder: Path) -> None:
    """Make an authority that follows the present one: peers of both are trusted until `retire`.  Raises Refused."""
    if (folder / "before.pem").exists():
        raise Refused(f"{folder}: one authority follows another already; `limen-tvs ca retire` ends that first")
    signer, trusted = _signer(folder, "ca"), (folder / "ca.pem").read_bytes()
    _write(folder, "before", signer.key, signer.certificate.public_bytes(Encoding.PEM))
    _authority(folder, trusted)


def retire(folder: Path) -> None:
    """Trust the present authority alone, once every peer has its certificate and ca.pem from it.  Raises Refused."""
    if not (folder / "before.pem").exists():
        raise Refused(f"{folder}: there is no authority before this one")
    (folder / "before.key").unlink(missing_ok=True)
    renew(folder)  # first: whoever trusts both goes on
    _replace(folder / "ca.pem", _signer(folder, "ca").certificate.public_bytes(Encoding.PEM))
    (folder / "before.pem").unlink()


def add(authority: Path, folder: Path, role: str, name: str, generation: int = 1, days: float = LEAF_DAYS) -> None:
    """Write `folder`/peer.key, peer.pem and ca.pem for a peer.  Raises Refused on an unknown role."""
    if role not in ROLES:
        raise Refused(f"role {role!r} is unknown; one of {', '.join(ROLES)}")
    if not (authority / "ca.key").exists():
        raise Refused(f"{authority} holds no authority; run `limen-tvs ca init` first")
    folder.mkdir(parents=True, exist_ok=True)
    uri = x509.UniformResourceIdentifier(f"{SCHEME}{role}/{name}#{generation}")
    _issue(_signer(authority, "ca"), folder, "peer", [uri], ExtendedKeyUsageOID.CLIENT_AUTH, days)
    _replace(folder / "ca.pem", (authority / "ca.pem").read_bytes())


def identity(uris: Iterable[str]) -> Named | None:
    """Whom a certificate of these alternative names names, or None."""
    for uri in uris:
        path, _, generation = uri.removeprefix(SCHEME).partition("#")
        role, _, name = path.partition("/")
        if uri.startswith(SCHEME) and role in ROLES and name and generation.isdecimal():
            return Named(role, name, int(generation))
    return None


def _authority(folder: Path, trusted_besides: bytes) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    title = f"Limen authority {x509.random_serial_number() % 16**8:08x}"  # two of the same name cannot be told apart
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)  # signs certificates and lists
    certificate = (
        _builder(name, name, key, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder, "ca", key, certificate.public_bytes(Encoding.PEM) + trusted_besides)


def _signer(folder: Path, stem: str) -> Signer:
    certificate = x509.load_pem_x509_certificate((folder / f"{stem}.pem").read_bytes())
    key = load_pem_private_key((folder / f"{stem}.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Signer(key, certificate)


def _issue(
    signer: Signer, folder: Path, stem: str, names: list[x509.GeneralName], usage: x509.ObjectIdentifier, days: float
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Limen {stem}")])
    leaf = (
        _builder(subject, signer.certificate.subject, key, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), critical=False)
        .sign(signer.key, hashes.SHA256())
    )
    _write(folder, stem, key, leaf.public_bytes(Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: float
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(days=days))


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(folder: Path, stem: str, key: ec.EllipticCurvePrivateKey, certificates: bytes) -> None:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _replace(folder / f"{stem}.key", pem)
    _replace(folder / f"{stem}.pem", certificates)


def _replace(path: Path, content: bytes) -> None:
    """Whoever reads meanwhile gets the file before or the file after, never half of one."""
    draft = path.with_name(f"{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
