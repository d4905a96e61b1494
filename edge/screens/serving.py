"""Where pages are served: plain HTTP on this machine alone, else TLS with the certificate made for them."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from edge.errors import SettingsUnfit

LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class Served:
    """names: by which browsers may ask.  certificate, key: None for plain HTTP."""

    names: frozenset[str]
    certificate: Path | None = None
    key: Path | None = None

    @property
    def scheme(self) -> str:
        return "https" if self.certificate else "http"


def served(host: str, identity: Path) -> Served:
    """identity: the folder of the appliance's own certificate, which holds that of its pages too.

    Raises SettingsUnfit where pages would go over a network unprotected.
    """
    if _is_local(host):
        return Served(LOCAL | {host})
    certificate, key = identity / "page.pem", identity / "page.key"
    try:
        names = _names(x509.load_pem_x509_certificate(certificate.read_bytes()))
        key.read_bytes()
    except (OSError, ValueError, x509.ExtensionNotFound) as error:
        advice = "`limen-tvs device renew … --host NAME` makes it, or set host to 127.0.0.1"
        raise SettingsUnfit(f"screens.host {host}: needs {certificate} ({error}); {advice}") from error
    return Served(names, certificate, key)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _names(certificate: x509.Certificate) -> frozenset[str]:
    held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = held.get_values_for_type(x509.IPAddress)
    shown = [f"[{one}]" if one.version == 6 else str(one) for one in addresses]
    return frozenset(name.lower() for name in [*held.get_values_for_type(x509.DNSName), *shown])
