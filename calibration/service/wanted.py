"""Who should be able to call what, written down apart from the service's own table: a change must be made twice."""

from dataclasses import dataclass

GATE, TOUCHPOINT, CARRIER, OPERATOR, CONSOLE = "gate", "touchpoint", "carrier", "operator", "console"
AGENT, OFFICER, SUPERVISOR, ANALYST, RECORDS, TECHNICIAN, MANAGER, AUDITOR = (
    "agent",
    "officer",
    "supervisor",
    "analyst",
    "records",
    "technician",
    "manager",
    "auditor",
)
DEVICES = (GATE, TOUCHPOINT, CARRIER, OPERATOR, CONSOLE)
PEOPLE = (AGENT, OFFICER, SUPERVISOR, ANALYST, RECORDS, TECHNICIAN, MANAGER, AUDITOR)
PURPOSES = ("inspection", "redress", "case", "audit")


@dataclass(frozen=True, slots=True)
class Wanted:
    """purposes: one must be named.  there: what the request is about lies at a port, and elsewhere it is refused."""

    roles: tuple[str, ...]
    purposes: tuple[str, ...] = ()
    there: bool = False


WANTED = {
    "/limen.v1.Verification/Verify": Wanted((GATE,), there=True),
    "/limen.v1.Verification/Identify": Wanted((GATE, TOUCHPOINT), there=True),
    "/limen.v1.Verification/VerifyDocuments": Wanted((GATE,), there=True),
    "/limen.v1.Verification/ReportOutcome": Wanted((GATE,), there=True),
    "/limen.v1.Manifests/Submit": Wanted((CARRIER, OPERATOR)),
    "/limen.v1.Manifests/WatchAnswers": Wanted((CARRIER,)),
    "/limen.v1.Manifests/WatchGallery": Wanted((GATE,)),
    "/limen.v1.Manifests/Assign": Wanted((OPERATOR,), there=True),
    "/limen.v1.Manifests/Remove": Wanted((CARRIER, OPERATOR), there=True),
    "/limen.v1.Manifests/CloseDoors": Wanted((CARRIER, OPERATOR), there=True),
    "/limen.v1.Manifests/Accommodate": Wanted((OPERATOR,), there=True),
    "/limen.v1.Manifests/Hygiene": Wanted((OPERATOR, TECHNICIAN, MANAGER), there=True),
    "/limen.v1.Alerts/Watch": Wanted((OFFICER, SUPERVISOR)),
    "/limen.v1.Alerts/Take": Wanted((OFFICER, SUPERVISOR), there=True),
    "/limen.v1.Alerts/Adjudicate": Wanted((OFFICER, SUPERVISOR), there=True),
    "/limen.v1.Alerts/Override": Wanted((OFFICER,), there=True),
    "/limen.v1.Approvals/Propose": Wanted((ANALYST, SUPERVISOR, MANAGER, AUDITOR)),
    "/limen.v1.Approvals/Settle": Wanted((SUPERVISOR,)),
    "/limen.v1.Approvals/List": Wanted((ANALYST, SUPERVISOR, MANAGER, AUDITOR)),
    "/limen.v1.Crossings/List": Wanted((OFFICER, RECORDS), ("inspection", "redress", "case"), there=True),
    "/limen.v1.Crossings/Correct": Wanted((RECORDS,), ("redress", "case"), there=True),
    "/limen.v1.Crossings/Overstays": Wanted((ANALYST, RECORDS), ("inspection", "case"), there=True),
    "/limen.v1.Crossings/Reconciliations": Wanted((RECORDS,)),
    "/limen.v1.Crossings/Reconcile": Wanted((RECORDS,), ("redress", "case"), there=True),
    "/limen.v1.People/Login": Wanted((CONSOLE, GATE)),
    "/limen.v1.People/EndShift": Wanted((GATE,)),
    "/limen.v1.People/ShiftCodes": Wanted((GATE,)),
    "/limen.v1.People/ReportShift": Wanted((GATE,)),
    "/limen.v1.People/SetPassword": Wanted((CONSOLE,)),
    "/limen.v1.People/IssueCodes": Wanted((AGENT,)),
    "/limen.v1.People/Bar": Wanted((SUPERVISOR, MANAGER), there=True),
    "/limen.v1.People/TakePost": Wanted((SUPERVISOR, MANAGER), there=True),
    "/limen.v1.People/Logout": Wanted(PEOPLE),
    "/limen.v1.People/WhoAmI": Wanted(PEOPLE),
    "/limen.v1.Fleet/Hello": Wanted((GATE, TOUCHPOINT)),
    "/limen.v1.Fleet/Health": Wanted((GATE, TOUCHPOINT)),
    "/limen.v1.Audit/Append": Wanted((GATE, TOUCHPOINT)),
    "/limen.v1.Audit/Search": Wanted((AUDITOR,), ("audit", "case")),
    "/limen.v1.Audit/View": Wanted((AUDITOR,), ("audit", "case")),
    "/grpc.health.v1.Health/Check": Wanted((*DEVICES, *PEOPLE)),
    "/grpc.health.v1.Health/Watch": Wanted((*DEVICES, *PEOPLE)),
}
STREAMS = frozenset(
    {
        "/limen.v1.Manifests/WatchAnswers",
        "/limen.v1.Manifests/WatchGallery",
        "/limen.v1.Alerts/Watch",
        "/grpc.health.v1.Health/Watch",
    }
)
