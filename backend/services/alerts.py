"""Watch, Take, Adjudicate and Override: translate, call, translate."""

from collections.abc import AsyncIterator

from limen.v1 import alerts_pb2 as pb
from limen.v1.alerts_pb2_grpc import AlertsServicer

from backend import adjudicating, alerts
from backend.adjudicating import INTERCEPT, NOT_THIS_PERSON, RELEASE, Verdict
from backend.alerts import DUPLICATE, EXPECTED, HELD_BOARDED, HOTLIST, LIVENESS, NO_MATCH, View
from backend.caller import caller
from backend.expected_alerts import is_removed
from backend.parts import Parts
from backend.wrapping import Context

ADJUDICATIONS = {
    pb.ADJUDICATION_RELEASE: RELEASE,
    pb.ADJUDICATION_INTERCEPT: INTERCEPT,
    pb.ADJUDICATION_NOT_THIS_PERSON: NOT_THIS_PERSON,
}
WORDS = {word: number for number, word in ADJUDICATIONS.items()}
REASONS = {
    HOTLIST: pb.REASON_CLASS_HOTLIST,
    NO_MATCH: pb.REASON_CLASS_NO_MATCH,
    DUPLICATE: pb.REASON_CLASS_DUPLICATE,
    LIVENESS: pb.REASON_CLASS_LIVENESS,
    EXPECTED: pb.REASON_CLASS_EXPECTED,
    HELD_BOARDED: pb.REASON_CLASS_HELD_BOARDED,
}


class Alerts(AlertsServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def Watch(self, request: pb.WatchAlertsRequest, context: Context) -> AsyncIterator[pb.Alert]:
        parts = self._parts
        async for view in alerts.watch(parts.store, parts.keys, parts.clock, caller()):
            yield _told(view)

    async def Take(self, request: pb.TakeRequest, context: Context) -> pb.Alert:
        return _told(await self._parts.store.run(adjudicating.take, self._parts.acting(), request.alert))

    async def Adjudicate(self, request: pb.AdjudicateRequest, context: Context) -> pb.Alert:
        verdict = Verdict(ADJUDICATIONS[request.adjudication], request.reason, request.ground)
        acting, rules = self._parts.acting(), self._parts.settings.rules
        return _told(await self._parts.store.run(adjudicating.adjudicate, acting, rules, request.alert, verdict))

    async def Override(self, request: pb.OverrideRequest, context: Context) -> pb.OverrideReply:
        who, what = self._parts.acting(), (request.journey, request.traveler, request.reason)
        given = await self._parts.store.run(adjudicating.override, who, *what)
        return pb.OverrideReply(allowance=given.allowance, until_utc_ms=given.until_utc_ms)


def _told(view: View) -> pb.Alert:
    alert = view.alert
    return pb.Alert(
        alert=alert.alert,
        reason=REASONS[alert.reason],
        port=alert.port,
        gate=alert.gate,
        journey=alert.journey,
        traveler=alert.traveler or "",
        name=view.name,
        protected=view.protected,
        seat=view.seat,
        remark=view.remark,
        raised_utc_ms=alert.raised_utc_ms,
        escalated_utc_ms=alert.escalated_utc_ms or 0,
        taken_by=alert.taken_by or "",
        adjudication=WORDS[alert.adjudication] if alert.adjudication else pb.ADJUDICATION_UNSPECIFIED,
        expected=_expected(view) if alert.reason == EXPECTED else None,
    )


def _expected(view: View) -> pb.ExpectedTraveler:
    alert, run = view.alert, view.run
    kind, issuer, number = view.document
    return pb.ExpectedTraveler(
        departs_utc_ms=(run and run.departs_utc_ms) or 0,
        arrives_utc_ms=(run and run.arrives_utc_ms) or 0,
        document_type=kind,
        document_issuer=issuer,
        document_number=number,
        removed=is_removed(alert),
        changed=[part for part in (alert.changed or "").split(",") if part],
        changed_utc_ms=alert.changed_utc_ms or 0,
        ended=alert.ended or "",
    )
