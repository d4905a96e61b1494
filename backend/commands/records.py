"""`limen-tvs crossings`, `decisions`, `outbox` and `photo-key`: what is kept and what waits, for auditors.

The service shows it to who is logged in, and notes it; no command opens the database for it.
"""

from typing import Annotated

import typer
from limen.v1 import audit_pb2 as pb
from limen.v1.audit_pb2_grpc import AuditStub

from backend import photos
from backend.commands.signed_in import Signed, TokenFile, signed_in
from backend.commands.terms import Identity, Server

ViewPurpose = Annotated[str, typer.Option("--purpose", help="audit or case")]


def list_crossings(identity: Identity, server: Server, token: TokenFile = None, purpose: ViewPurpose = "audit") -> None:
    """Print every recorded crossing at your ports, one JSON object a line."""
    show(signed_in(identity, server, token, purpose), pb.KEPT_CROSSINGS)


def list_decisions(identity: Identity, server: Server, token: TokenFile = None, purpose: ViewPurpose = "audit") -> None:
    """Print every answer given at your ports: by ids, with scores and liveness evidence, one JSON object a line."""
    show(signed_in(identity, server, token, purpose), pb.KEPT_DECISIONS)


def list_waiting(identity: Identity, server: Server, token: TokenFile = None, purpose: ViewPurpose = "audit") -> None:
    """Print what systems of record must still be told, since when and why it waits, one JSON object a line."""
    show(signed_in(identity, server, token, purpose), pb.KEPT_OUTBOX, pb.KEPT_UNTOLD)


def show(signed: Signed, *kept: pb.Kept.ValueType) -> None:
    """Print every page."""
    stub = AuditStub(signed.channel)
    for one in kept:
        after = ""
        while True:
            page = signed.ask(stub.View, pb.ViewRequest(kept=one, after=after))
            for line in page.lines:
                print(line)
            if not (after := page.next):
                break


def photo_key(document_type: str, issuer: str, number: str) -> None:
    """Print the name of the photo folder of a travel document."""
    print(photos.key(document_type, issuer, number))
