"""Everything the database knows of who stands at a gate, in one question: it is asked while a traveller waits."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, String, bindparam, literal_column, select

from backend.store import allowances, answers, decisions, hotlist, journeys
from backend.store.decisions import NOBODY, Known
from backend.store.journeys import Journey
from backend.store.schema import journeys as runs
from backend.store.schema import travelers

_JOURNEY, _SUBJECT, _GATE = (bindparam(name, type_=String()) for name in ("journey", "subject", "gate"))
_NOW, _BY = (bindparam(name, type_=BigInteger()) for name in ("now", "by"))
_ASKED = (
    select(
        *(runs.c[name] for name in journeys.COLUMNS),
        *(travelers.c[name] for name in decisions.KNOWN),
        decisions.standing(_JOURNEY, _SUBJECT).exists().label("crossed"),
        hotlist.of_traveler(travelers, _NOW)
        .with_only_columns(literal_column("1"), maintain_column_froms=True)
        .exists()
        .label("hotlisted"),
        allowances.next_usable(_JOURNEY, _SUBJECT, _NOW).scalar_subquery().label("allowance"),
        answers.stopped(_JOURNEY, _SUBJECT, _BY).exists().label("intercepted"),
        journeys.boards(journeys.PORT, _GATE).correlate(runs).scalar_subquery().label("boards"),
    )
    .select_from(
        runs.outerjoin(travelers, (travelers.c.journey == runs.c.journey) & (travelers.c.traveler == _SUBJECT))
    )
    .where(runs.c.journey == _JOURNEY)
)


@dataclass(frozen=True, slots=True)
class Facts:
    """known: NOBODY for somebody who was never on the manifest.  boards: the journey that boards at the gate."""

    run: Journey
    known: Known
    crossed: bool
    hotlisted: bool
    intercepted: bool
    allowance: str | None
    boards: str | None


def facts(
    db: Connection, journey: str, subject: str, gate: str, now_utc_ms: int, by_utc_ms: int = answers.EVER
) -> Facts | None:
    """None for an unknown journey.  by_utc_ms: of what officers have stopped, and let pass, until then."""
    asked = {"journey": journey, "subject": subject, "gate": gate, "now": now_utc_ms, "by": by_utc_ms}
    row = db.execute(_ASKED, asked).one_or_none()
    if row is None:
        return None
    told = row._mapping
    return Facts(
        run=journeys.read(told),
        known=NOBODY if told["person"] is None else Known(**{name: told[name] for name in decisions.KNOWN}),
        crossed=told["crossed"],
        hotlisted=told["hotlisted"],
        intercepted=told["intercepted"],
        allowance=told["allowance"],
        boards=told["boards"],
    )
