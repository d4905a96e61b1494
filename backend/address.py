"""host:port of ours to listen at: whether it can be, known before anything is started."""

import socket

from backend.errors import StoreUnfit


def split(where: str) -> tuple[str, int]:
    """Host and port; the host of [::1]:7443 is ::1.  Raises ValueError."""
    host, colon, port = where.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError("host:port with a port of 0 to 65535 is needed")
    return host.removeprefix("[").removesuffix("]"), int(port)


def check_free(name: str, where: str) -> None:
    """name: of the setting.  Raises StoreUnfit."""
    host, port = split(where)
    try:
        kind, how, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(kind, how, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what ended a moment ago is in nobody's way
            trial.bind(address)
            trial.listen(1)
    except OSError as error:
        advice = "stop what listens there, or name a free port and an address of this machine"
        raise StoreUnfit(f"{name} {where}: {error.strerror or error}; {advice}") from error
