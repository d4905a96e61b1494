"""Our own certificate authority: one certificate for the service, one for each peer.

A peer's certificate carries its name and role in a URI (limen://gate/NAME); X.509 per RFC 5280.
"""

import ipaddress
import os
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


def init(folder: Path, hosts: list[str]) -> None:
    """Make the authority and the service's own certificate.  Raises Refused if there is one already."""
    if (folder / "ca.key").exists():
        raise Refused(f"{folder} already holds an authority; making another would lock out every device")
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Limen authority")])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)  # signs certificates and lists
    authority = (
        _builder(name, name, key, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(folder, "ca", key, authority)
    _issue(folder, folder, "service", [_host(host) for host in hosts], ExtendedKeyUsageOID.SERVER_AUTH)


def add(authority: Path, folder: Path, role: str, name: str) -> None:
    """Write `folder`/peer.key, peer.pem and ca.pem for a peer.  Raises Refused on an unknown role."""
    if role not in ROLES:
        raise Refused(f"role {role!r} is unknown; one of {', '.join(ROLES)}")
    if not (authority / "ca.key").exists():
        raise Refused(f"{authority} holds no authority; run `limen-tvs ca init` first")
    folder.mkdir(parents=True, exist_ok=True)
    uri = x509.UniformResourceIdentifier(f"{SCHEME}{role}/{name}")
    _issue(authority, folder, "peer", [uri], ExtendedKeyUsageOID.CLIENT_AUTH)
    (folder / "ca.pem").write_bytes((authority / "ca.pem").read_bytes())


def identity(uris: list[str]) -> tuple[str, str] | None:
    """(role, name) out of a certificate's alternative names, or None."""
    for uri in uris:
        role, _, name = uri.removeprefix(SCHEME).partition("/")
        if uri.startswith(SCHEME) and role in ROLES and name:
            return role, name
    return None


def _issue(
    authority: Path, folder: Path, stem: str, names: list[x509.GeneralName], usage: x509.ObjectIdentifier
) -> None:
    issuer = x509.load_pem_x509_certificate((authority / "ca.pem").read_bytes())
    signer = load_pem_private_key((authority / "ca.key").read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Limen {stem}")])
    leaf = (
        _builder(subject, issuer.subject, key, LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    _write(folder, stem, key, leaf)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
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


def _write(folder: Path, stem: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor = os.open(folder / f"{stem}.key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    (folder / f"{stem}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
