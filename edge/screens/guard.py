"""Around every page: whom it answers, and what a browser may do with what it gets.

Only requests by the appliance's own names are answered (a foreign name that leads here is DNS rebinding); what changes
anything must come from a page of the appliance itself.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.screens.bounded import MOST_BYTES

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # with `no-referrer` a form of our own would say that it comes from nowhere
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SAFE = frozenset({"GET", "HEAD"})


class Guard:
    """names: of the appliance, without ports, in small letters.  scheme: http or https."""

    def __init__(self, app: ASGIApp, names: frozenset[str], scheme: str) -> None:
        self._app, self._names, self._scheme = app, names, scheme

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        refusal = self._refusal(scope["method"], Headers(scope=scope))
        await (refusal or self._app)(scope, receive, with_headers)

    def _refusal(self, method: str, headers: Headers) -> PlainTextResponse | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or host_name(hosts[0]) not in self._names:
            return PlainTextResponse("this appliance does not go by that name", 421)
        if method in SAFE:
            return None
        if headers.getlist("origin") != [f"{self._scheme}://{hosts[0]}"]:
            return PlainTextResponse("this must come from a page of the appliance", 403)
        if not headers.get("content-length", "").isdecimal() or int(headers["content-length"]) > MOST_BYTES:
            return PlainTextResponse(f"a request has at most {MOST_BYTES} bytes and says how many", 413)
        return None


def host_name(host: str) -> str:
    """Of a Host header, without its port."""
    name, colon, port = host.rpartition(":")
    bare = name if colon and port.isdecimal() and not (host.startswith("[") and not name.endswith("]")) else host
    return bare.lower()
