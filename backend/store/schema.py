"""The tables.  Times are UTC in milliseconds; `sealed` columns hold what a key of `backend.keys` sealed."""

from backend.store.tables.access import (
    peers as peers,
)
from backend.store.tables.access import (
    people as people,
)
from backend.store.tables.access import (
    posts as posts,
)
from backend.store.tables.access import (
    sessions as sessions,
)
from backend.store.tables.answered import (
    captures as captures,
)
from backend.store.tables.answered import (
    decisions as decisions,
)
from backend.store.tables.answered import (
    outcomes as outcomes,
)
from backend.store.tables.expected import (
    answers as answers,
)
from backend.store.tables.expected import (
    assignments as assignments,
)
from backend.store.tables.expected import (
    galleries as galleries,
)
from backend.store.tables.expected import (
    journeys as journeys,
)
from backend.store.tables.expected import (
    messages as messages,
)
from backend.store.tables.expected import (
    photo_refusals as photo_refusals,
)
from backend.store.tables.expected import (
    templates as templates,
)
from backend.store.tables.expected import (
    travelers as travelers,
)
from backend.store.tables.frame import metadata as metadata
from backend.store.tables.officers import (
    alerts as alerts,
)
from backend.store.tables.officers import (
    allowances as allowances,
)
from backend.store.tables.officers import (
    hotlist as hotlist,
)
from backend.store.tables.officers import (
    proposals as proposals,
)
from backend.store.tables.proof import (
    audit as audit,
)
from backend.store.tables.proof import (
    audit_heads as audit_heads,
)
from backend.store.tables.proof import (
    audit_log as audit_log,
)
from backend.store.tables.proof import (
    holds as holds,
)
from backend.store.tables.proof import (
    key_checks as key_checks,
)
from backend.store.tables.proof import (
    rule_changes as rule_changes,
)
from backend.store.tables.recorded import (
    amendments as amendments,
)
from backend.store.tables.recorded import (
    crossings as crossings,
)
from backend.store.tables.recorded import (
    outbox as outbox,
)
from backend.store.tables.recorded import (
    reconciliations as reconciliations,
)
