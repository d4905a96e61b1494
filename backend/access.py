"""Who may call what: roles, ports and purposes in one table.  A method without a row is refused, and the server does
not start with one."""

from collections.abc import Iterable
from dataclasses import dataclass

from backend.errors import NotAllowed

# Devices, by their certificate.  A console carries the calls of people, who show a token besides.
# A touchpoint (check-in, bag drop: AIR-1) learns who somebody is; it opens nothing and records no crossing.
GATE, TOUCHPOINT, CARRIER, OPERATOR, CONSOLE = "gate", "touchpoint", "carrier", "operator", "console"
DEVICE_ROLES = frozenset({GATE, TOUCHPOINT, CARRIER, OPERATOR, CONSOLE})
# People.  A supervisor settles what others propose, a records officer amends, an auditor reads and changes nothing.
# An agent boards travelers at a gate, through its appliance; here it draws its one-time codes and nothing else.
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
PEOPLE_ROLES = frozenset({AGENT, OFFICER, SUPERVISOR, ANALYST, RECORDS, TECHNICIAN, MANAGER, AUDITOR})


@dataclass(frozen=True, slots=True)
class Rule:
    """roles: who may call.  ported: only about the caller's own ports.  purposes: one of them must be named."""

    roles: frozenset[str]
    ported: bool = False
    purposes: frozenset[str] = frozenset()


def _rule(*roles: str, ported: bool = False, purposes: tuple[str, ...] = ()) -> Rule:
    return Rule(frozenset(roles), ported, frozenset(purposes))


ALLOWED: dict[str, Rule] = {
    "/limen.v1.Verification/Verify": _rule(GATE, ported=True),
    "/limen.v1.Verification/Identify": _rule(GATE, TOUCHPOINT, ported=True),
    "/limen.v1.Verification/VerifyDocuments": _rule(GATE, ported=True),
    "/limen.v1.Verification/ReportOutcome": _rule(GATE, ported=True),
    "/limen.v1.Manifests/Submit": _rule(CARRIER, OPERATOR),
    "/limen.v1.Manifests/WatchAnswers": _rule(CARRIER),
    "/limen.v1.Manifests/WatchGallery": _rule(GATE, ported=True),
    "/limen.v1.Manifests/Assign": _rule(OPERATOR, ported=True),
    "/limen.v1.Manifests/Remove": _rule(CARRIER, OPERATOR, ported=True),
    "/limen.v1.Manifests/CloseDoors": _rule(CARRIER, OPERATOR, ported=True),
    "/limen.v1.Manifests/Accommodate": _rule(OPERATOR, ported=True),
    "/limen.v1.Manifests/Hygiene": _rule(OPERATOR, TECHNICIAN, MANAGER, ported=True),
    "/limen.v1.Alerts/Watch": _rule(OFFICER, SUPERVISOR, ported=True),
    "/limen.v1.Alerts/Take": _rule(OFFICER, SUPERVISOR, ported=True),
    "/limen.v1.Alerts/Adjudicate": _rule(OFFICER, SUPERVISOR, ported=True),
    "/limen.v1.Alerts/Override": _rule(OFFICER, ported=True),
    "/limen.v1.Approvals/Propose": _rule(ANALYST, SUPERVISOR, MANAGER, AUDITOR),
    "/limen.v1.Approvals/Settle": _rule(SUPERVISOR),
    "/limen.v1.Approvals/List": _rule(ANALYST, SUPERVISOR, MANAGER, AUDITOR),
    "/limen.v1.Crossings/List": _rule(OFFICER, RECORDS, ported=True, purposes=("inspection", "redress", "case")),
    "/limen.v1.Crossings/Correct": _rule(RECORDS, ported=True, purposes=("redress", "case")),
    "/limen.v1.Crossings/Overstays": _rule(ANALYST, RECORDS, ported=True, purposes=("inspection", "case")),
    "/limen.v1.Crossings/Reconciliations": _rule(RECORDS, ported=True),
    "/limen.v1.Crossings/Reconcile": _rule(RECORDS, ported=True, purposes=("redress", "case")),
    "/limen.v1.People/Login": _rule(CONSOLE, GATE),
    "/limen.v1.People/EndShift": _rule(GATE, ported=True),
    "/limen.v1.People/ShiftCodes": _rule(GATE, ported=True),
    "/limen.v1.People/ReportShift": _rule(GATE, ported=True),
    "/limen.v1.People/SetPassword": _rule(CONSOLE),
    "/limen.v1.People/IssueCodes": _rule(AGENT),
    "/limen.v1.People/Bar": _rule(SUPERVISOR, MANAGER, ported=True),
    "/limen.v1.People/TakePost": _rule(SUPERVISOR, MANAGER, ported=True),
    "/limen.v1.People/Logout": _rule(*PEOPLE_ROLES),
    "/limen.v1.People/WhoAmI": _rule(*PEOPLE_ROLES),
    "/limen.v1.Fleet/Hello": _rule(GATE, TOUCHPOINT),
    "/limen.v1.Fleet/Health": _rule(GATE, TOUCHPOINT),
    "/limen.v1.Audit/Append": _rule(GATE, TOUCHPOINT),
    "/limen.v1.Audit/Search": _rule(AUDITOR, purposes=("audit", "case")),
    "/limen.v1.Audit/View": _rule(AUDITOR, purposes=("audit", "case")),
    "/grpc.health.v1.Health/Check": _rule(*DEVICE_ROLES, *PEOPLE_ROLES),
    "/grpc.health.v1.Health/Watch": _rule(*DEVICE_ROLES, *PEOPLE_ROLES),
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": _rule(TECHNICIAN),
}


CASE = "case"  # the purpose for which a protected traveller's name is shown (ACC-2)
PURPOSES = frozenset(purpose for row in ALLOWED.values() for purpose in row.purposes)


def rule(method: str) -> Rule:
    """Raises NotAllowed for a method that nobody may call."""
    if method not in ALLOWED:
        raise NotAllowed(f"nobody may call {method}")
    return ALLOWED[method]


def check(method: str, posts: Iterable[tuple[str, str]], purpose: str = "") -> tuple[str, frozenset[str]]:
    """The role by which a caller of these (role, port) posts may call the method, the first by name, and the ports of
    all posts that allow it; port "": none.  Raises NotAllowed."""
    allowed, held = rule(method), sorted(posts)
    roles = [role for role, _ in held if role in allowed.roles]
    if not roles:
        raise NotAllowed(f"role {', '.join(sorted({role for role, _ in held})) or 'none'} may not call {method}")
    if purpose and purpose not in PURPOSES:
        raise NotAllowed(f"no such purpose; one of {', '.join(sorted(PURPOSES))}")
    if allowed.purposes and purpose not in allowed.purposes:
        wanted = ", ".join(sorted(allowed.purposes))
        raise NotAllowed(f"{method} needs a purpose: one of {wanted}, got {purpose or 'none'}")
    ports = frozenset(port for role, port in held if port and role in allowed.roles)
    if allowed.ported and not ports:
        raise NotAllowed(f"{method} is about a port, and role {roles[0]} is held at none")
    return roles[0], ports


def without_policy(methods: Iterable[str]) -> list[str]:
    return sorted(set(methods) - ALLOWED.keys())
