"""Our own certificate authority: one certificate for the service, one for each peer.

A peer's certificate carries its role, name and generation in a URI (limen://gate/NAME#1); X.509 per RFC 5280.
ca.pem: whom the service and its peers trust, who signs first.  While an authority follows another, both are in there,
and before.key and before.pem still sign for the service, because not every peer has heard of the new one.
"""

import ipaddress
import os
import re
from collections.abc import Iterable, Sequence
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
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


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
    _replace_all(folder, _leaf(_signer(folder, stem), "service", names, ExtendedKeyUsageOID.SERVER_AUTH, LEAF_DAYS))


def succeed(folder: Path) -> None:
    """Make an authority that follows the present one: peers of both are trusted until `retire`.  Raises Refused."""
    if (folder / "before.pem").exists():
        raise Refused(f"{folder}: one authority follows another already; `limen-tvs ca retire` ends that first")
    signer, trusted = _signer(folder, "ca"), (folder / "ca.pem").read_bytes()
    _replace_all(folder, _files("before", signer.key, signer.certificate.public_bytes(Encoding.PEM)))
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
    """Write `folder`/peer.key, peer.pem and ca.pem for a peer.

    Raises Refused on an unknown role, a name that is none, and a folder that holds somebody else's identity.
    """
    if role not in ROLES:
        raise Refused(f"role {role!r} is unknown; one of {', '.join(ROLES)}")
    place_named(name)
    if not (authority / "ca.key").exists():
        raise Refused(f"{authority} holds no authority; run `limen-tvs ca init` first")
    _require_free(folder, name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    uri = x509.UniformResourceIdentifier(f"{SCHEME}{role}/{name}#{generation}")
    files = _leaf(_signer(authority, "ca"), "peer", [uri], ExtendedKeyUsageOID.CLIENT_AUTH, days)
    _replace_all(folder, files | {"ca.pem": (authority / "ca.pem").read_bytes()})


def add_page(authority: Path, folder: Path, hosts: Sequence[str]) -> None:
    """Write `folder`/page.key and page.pem, by which an appliance's pages are served to browsers at these hosts.

    A key of its own: the process that talks to browsers never holds the appliance's.  Raises as `require_hosts`.
    """
    require_hosts(authority, hosts)
    names = [_host(host) for host in hosts]
    _replace_all(folder, _leaf(_signer(authority, "ca"), "page", names, ExtendedKeyUsageOID.SERVER_AUTH, LEAF_DAYS))


def require_hosts(authority: Path, hosts: Sequence[str]) -> None:
    """Raises Refused for the service's own hosts, whom an appliance could pretend to be, and for the machine itself,
    where pages need no certificate."""
    own = {_host(host.lower()) for host in (authority / "hosts").read_text().split()} if hosts else set()
    for host in hosts:
        if _host(host.lower()) in own or _is_local(host):
            raise Refused(
                f"host {host} is the service's or the machine itself; name the appliance as browsers reach it"
            )
        if not _HOST.fullmatch(host):
            raise Refused(f"host {host!r} must be a name, such as kiosk-1.example.org, or an address")


def page_hosts(folder: Path) -> list[str]:
    """Where the pages of a folder's certificate are served; none if it holds none."""
    try:
        held = x509.load_pem_x509_certificate((folder / "page.pem").read_bytes())
    except (FileNotFoundError, ValueError):
        return []
    names = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return names.get_values_for_type(x509.DNSName) + addresses


def _is_local(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def place_named(name: str) -> str:
    """Of a device, a gate or a touchpoint.  Raises Refused."""
    if not _NAME.fullmatch(name):
        raise Refused(f"name {name!r} must be 1 to 80 of A-Z a-z 0-9 . _ - and begin with a letter or digit")
    return name


def _require_free(folder: Path, name: str) -> None:
    """Raises Refused for a folder whose files are another peer's, the authority's, or nobody knows whose."""
    for other in ("ca.key", "before.key", "service.key"):
        if (folder / other).exists():
            raise Refused(f"{folder} holds the authority's files; name another folder")
    try:
        holder = _holder((folder / "peer.pem").read_bytes())
    except FileNotFoundError:
        holder = None
        if not (folder / "peer.key").exists():
            return
    if holder is None or holder.name != name:
        whose = f"{holder.role} {holder.name}'s" if holder else "somebody's"
        raise Refused(f"{folder} holds {whose} identity, not {name}'s; name another folder, or remove its files first")


def _holder(pem: bytes) -> Named | None:
    try:
        names = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (ValueError, x509.ExtensionNotFound):
        return None
    return identity(names.value.get_values_for_type(x509.UniformResourceIdentifier))


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
    _replace_all(folder, _files("ca", key, certificate.public_bytes(Encoding.PEM) + trusted_besides))


def _signer(folder: Path, stem: str) -> Signer:
    certificate = x509.load_pem_x509_certificate((folder / f"{stem}.pem").read_bytes())
    key = load_pem_private_key((folder / f"{stem}.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Signer(key, certificate)


def _leaf(
    signer: Signer, stem: str, names: list[x509.GeneralName], usage: x509.ObjectIdentifier, days: float
) -> dict[str, bytes]:
    """A new key and its certificate, by the names of their files."""
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
    return _files(stem, key, leaf.public_bytes(Encoding.PEM))


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


def _files(stem: str, key: ec.EllipticCurvePrivateKey, certificates: bytes) -> dict[str, bytes]:
    """The certificate first: whose a folder is stands there before its key does."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {f"{stem}.pem": certificates, f"{stem}.key": pem}


def _replace_all(folder: Path, files: dict[str, bytes]) -> None:
    """All drafts are on disk before the first file is replaced: a full disk leaves what was."""
    drafts = {name: _draft(folder / name, content) for name, content in files.items()}
    for name, draft in drafts.items():
        draft.replace(folder / name)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replace(path: Path, content: bytes) -> None:
    """Whoever reads meanwhile gets the file before or the file after, never half of one."""
    _replace_all(path.parent, {path.name: content})


def _draft(path: Path, content: bytes) -> Path:
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)  # of a run that was cut off, or a link somebody laid
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft
