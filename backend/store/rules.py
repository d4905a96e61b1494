"""The rules as two people have changed them; what nobody changed stands as the settings say."""

from sqlalchemy import Connection, func, select

from backend.settings import Rules
from backend.store.bell import Topic
from backend.store.engine import touch
from backend.store.schema import rule_changes


def changed(rules: Rules, changes: dict[str, float]) -> Rules:
    """Raises pydantic.ValidationError for a value outside the bounds of `Rules`."""
    return Rules.model_validate(rules.model_dump() | changes)


def current(db: Connection, rules: Rules) -> Rules:
    """rules: of the settings."""
    found = select(rule_changes.c.rule, rule_changes.c.value).order_by(rule_changes.c.since_utc_ms)
    return changed(rules, {row.rule: row.value for row in db.execute(found)})


def change(db: Connection, proposal: str, rule: str, value: float, now_utc_ms: int) -> None:
    """From now on, and never before the change that came last, whatever the clock says."""
    last = db.execute(select(func.max(rule_changes.c.since_utc_ms))).scalar_one()
    since = now_utc_ms if last is None else max(now_utc_ms, last + 1)
    db.execute(rule_changes.insert(), {"proposal": proposal, "rule": rule, "value": value, "since_utc_ms": since})
    touch(db, Topic.RULES)
