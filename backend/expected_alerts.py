"""Alerts ahead of boarding: a traveler of the hotlist is on a manifest, and nobody has been seen yet.

One for each person, journey and entry: raised when it is first seen, told again when something of it changes, over with
the journey or the entry.  A job makes them of what is kept, apart from the calls of carriers and operators: those are
answered before it looks, and it reads the same for every manifest.  Nothing at a gate follows from one.
"""

import asyncio
import json
import uuid
from dataclasses import replace

from sqlalchemy import Connection

from backend.alerts import EXPECTED, LOOK_S, PURPOSE, ROLE, WHO
from backend.clock import Clock
from backend.errors import KeyGone
from backend.keys import PERSONS, KeyRing
from backend.store import alerts, audit, hotlist, journeys, travelers
from backend.store.alerts import Alert
from backend.store.audit import Note
from backend.store.bell import Topic
from backend.store.engine import Store
from backend.store.hotlist import Sighting
from backend.store.journeys import Journey
from backend.store.travelers import Listed

EVERY_MS = 15_000  # longest between two looks: an entry's time ends without anybody ringing
PORT_GALLERY = "port"  # a lane's frequent crossers: no manifest says that they come
REMOVED = "removed"


async def run(store: Store, keys: KeyRing, clock: Clock) -> None:
    """Look for ever: soon after a manifest, an assignment or the hotlist has changed.  Raises StoreDown."""
    heard, last_utc_ms = (-1, -1), 0
    while True:
        now, rung = clock(), (store.bell.revision(Topic.GALLERIES), store.bell.revision(Topic.RULES))
        if rung != heard or abs(now - last_utc_ms) >= EVERY_MS:
            if await store.read(news, keys, now):
                await store.run(look, keys, now)
            heard, last_utc_ms = rung, now
        await asyncio.sleep(LOOK_S)


def look(db: Connection, keys: KeyRing, now_utc_ms: int) -> int:
    """Raise, change and end what must be; how many."""
    found = news(db, keys, now_utc_ms)
    for alert in found:
        fresh = alert.changed_utc_ms is None
        if fresh and not alerts.put(db, alert):
            continue
        if not fresh:
            alerts.change(db, alert)
        action = "alert.raised" if fresh else "alert.ended" if alert.ended else "alert.changed"
        result = alert.entry if fresh else alert.ended or alert.changed
        audit.note(db, Note(now_utc_ms, WHO, ROLE, action, alert.alert, alert.port, PURPOSE, result or ""))
    return len(found)


def news(db: Connection, keys: KeyRing, now_utc_ms: int) -> list[Alert]:
    """Alerts as they must be, of those that are not so yet."""
    runs: dict[str, Journey | None] = {}
    wanted: dict[str, tuple[Sighting, Journey]] = {}
    for seen in hotlist.sightings(db, now_utc_ms):
        run = runs.setdefault(seen.journey, journeys.find(db, seen.journey))
        if run is not None and not _over(run) and run.mode != PORT_GALLERY:
            wanted[f"{seen.origin}/{seen.entry}"] = (seen, run)
    held = alerts.expected(db, wanted)
    told = (_now(db, keys, held.get(key), *wanted[key], now_utc_ms) for key in sorted(wanted))
    ended = (_ended(db, alert, now_utc_ms) for key, alert in held.items() if key not in wanted)
    return [alert for alert in (*told, *ended) if alert is not None]


def is_removed(alert: Alert) -> bool:
    """Whether the carrier has taken the person off the manifest, as officers were told last."""
    return bool(json.loads(alert.told or "{}").get(REMOVED))


def _now(
    db: Connection, keys: KeyRing, held: Alert | None, seen: Sighting, run: Journey, now_utc_ms: int
) -> Alert | None:
    """None where nothing has changed, an officer has adjudicated it, or nobody can be named any more."""
    if held is not None and held.adjudication is not None:
        return None
    try:
        listed = travelers.listed_as(db, keys, seen.journey, seen.origin)
    except KeyGone:
        return None
    if listed is None:
        return None
    gate = ", ".join(journeys.gates(db, run.journey))
    told, who = _told(keys, run, gate, listed), listed.traveler.traveler
    if held is None:
        first = _first(seen, run, who, now_utc_ms)
        return replace(first, gate=gate, told=json.dumps(told))
    changed = _changed(json.loads(held.told or "{}"), told) or (["journey"] if held.ended else [])
    if not changed:
        return None
    now = replace(held, gate=gate, traveler=who, told=json.dumps(told), ended=None)
    return replace(now, changed=",".join(changed), changed_utc_ms=now_utc_ms)


def _first(seen: Sighting, run: Journey, traveler: str, now_utc_ms: int) -> Alert:
    return Alert(
        alert=str(uuid.uuid4()),
        decision=None,
        reason=EXPECTED,
        port=run.port,
        gate="",
        journey=run.journey,
        traveler=traveler,
        entry=seen.entry,
        raised_utc_ms=now_utc_ms,
        expected=f"{seen.origin}/{seen.entry}",
    )


def _told(keys: KeyRing, run: Journey, gate: str, listed: Listed) -> dict[str, str]:
    """What officers know of somebody, by parts; of the person by keyed fingerprints only."""
    of, box = listed.traveler.biographic, keys.box(PERSONS)
    about = {"seat": listed.traveler.seat, "name": of.name, "document": of.document}
    return {
        "journey": f"{run.departs_utc_ms}/{run.arrives_utc_ms}",
        "gate": gate,
        REMOVED: "yes" if listed.removed else "",
        **{part: box.fingerprint(f"{listed.traveler.origin}:{part}:{text}") for part, text in about.items()},
    }


def _changed(before: dict[str, str], now: dict[str, str]) -> list[str]:
    return [part for part in now if now[part] != before.get(part)]


def _ended(db: Connection, alert: Alert, now_utc_ms: int) -> Alert:
    run = journeys.find(db, alert.journey)
    return replace(alert, ended=(_over(run) if run else "") or "entry", changed_utc_ms=now_utc_ms)


def _over(run: Journey) -> str:
    """Why nobody is expected on a journey any more, "" while somebody is."""
    if run.purged_utc_ms is not None:
        return "purged"
    if run.cancelled:
        return "cancelled"
    return "" if run.seen_here else "doors_closed"
