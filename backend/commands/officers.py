"""`limen-tvs alerts`: as an officer: what waits, and what becomes of it."""

import sys
import time
from enum import StrEnum
from typing import Annotated

import grpc
import typer
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from limen.v1 import alerts_pb2 as pb
from limen.v1.alerts_pb2_grpc import AlertsStub

from backend.commands.signed_in import Purpose, TokenFile, signed_in
from backend.commands.terms import Identity, Server, stop

alerts = typer.Typer(help="Alerts to officers.", no_args_is_help=True)
AGAIN_S = 1.0
Reason = Annotated[str, typer.Option(help="why, in a sentence")]


class What(StrEnum):
    RELEASE = "release"
    INTERCEPT = "intercept"
    NOT_THIS_PERSON = "not-this-person"


ADJUDICATIONS = {
    What.RELEASE: pb.ADJUDICATION_RELEASE,
    What.INTERCEPT: pb.ADJUDICATION_INTERCEPT,
    What.NOT_THIS_PERSON: pb.ADJUDICATION_NOT_THIS_PERSON,
}


@alerts.command("watch")
def watch(identity: Identity, server: Server, token: TokenFile = None, purpose: Purpose = "") -> None:
    """Print what waits at your ports, then each change, one JSON object a line, until stopped."""
    signed = signed_in(identity, server, token, purpose)
    stub, shown = AlertsStub(signed.channel), dict[str, pb.Alert]()
    while True:  # a service renews its connections, and tells everything that is open again
        try:
            for alert in stub.Watch(pb.WatchAlertsRequest(), metadata=signed.metadata):
                if shown.get(alert.alert) != alert:
                    shown[alert.alert] = alert
                    _print(alert)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                stop(f"{error.code().name}: {error.details()}")
            print(f"limen-tvs: {error.details()}; trying again", file=sys.stderr)
        time.sleep(AGAIN_S)


@alerts.command("take")
def take(alert: str, identity: Identity, server: Server, token: TokenFile = None) -> None:
    """Say that you go there."""
    signed = signed_in(identity, server, token)
    _print(signed.ask(AlertsStub(signed.channel).Take, pb.TakeRequest(alert=alert)))


@alerts.command("adjudicate")
def adjudicate(
    alert: str,
    what: What,
    reason: Reason,
    identity: Identity,
    server: Server,
    ground: Annotated[str, typer.Option(help="of an interception: what was found that is not the face")] = "",
    token: TokenFile = None,
) -> None:
    """Say what came of an alert that you have taken."""
    signed = signed_in(identity, server, token)
    said = pb.AdjudicateRequest(alert=alert, adjudication=ADJUDICATIONS[what], reason=reason, ground=ground)
    _print(signed.ask(AlertsStub(signed.channel).Adjudicate, said))


@alerts.command("override")
def override(
    journey: str, traveler: str, reason: Reason, identity: Identity, server: Server, token: TokenFile = None
) -> None:
    """Let one traveller pass once, in spite of what the policy says."""
    signed = signed_in(identity, server, token)
    said = pb.OverrideRequest(journey=journey, traveler=traveler, reason=reason)
    _print(signed.ask(AlertsStub(signed.channel).Override, said))


def _print(message: Message) -> None:
    print(MessageToJson(message, preserving_proto_field_name=True, indent=None), flush=True)
