"""The tables.  Times are UTC in milliseconds; `sealed` columns hold what a key of `backend.keys` sealed."""

from backend.store.tables.access import peers, people, posts, sessions, shift_codes, shifts
from backend.store.tables.answered import captures, decisions, outcomes
from backend.store.tables.expected import (
    answers,
    assignments,
    boardings,
    galleries,
    journeys,
    messages,
    photo_refusals,
    templates,
    traveler_documents,
    travelers,
)
from backend.store.tables.frame import metadata
from backend.store.tables.officers import alerts, allowances, hotlist, proposals
from backend.store.tables.proof import audit, audit_heads, audit_log, holds, key_checks, lived_time, rule_changes
from backend.store.tables.recorded import amendments, crossings, outbox, reconciliations
from backend.store.tables.watched import store_checks

__all__ = [
    "alerts", "allowances", "amendments", "answers", "assignments", "audit", "audit_heads", "audit_log",
    "boardings", "captures", "crossings", "decisions", "galleries", "holds", "hotlist", "journeys", "key_checks",
    "lived_time", "messages", "metadata", "outbox", "outcomes", "peers", "people", "photo_refusals", "posts",
    "proposals", "reconciliations", "rule_changes", "sessions", "shift_codes", "shifts", "store_checks",
    "templates", "traveler_documents", "travelers",
]  # fmt: skip
