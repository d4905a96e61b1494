"""Galleries of a port's frequent crossers (LAND-P): no manifest, maintained from crossings, a new one each day.

A day's gallery is a journey of its own, `port/PORT/DAY`, mode "port": one crossing a day for each traveller, its own
key, and an end like any other gallery's (RET-2).  Gates that board yesterday's go over to today's.

A member is who crossed there often enough of late, by whatever journey and with whatever document check: not a
citizen, because a citizen's template ends with each journey (RET-1) and nothing records a consent to more.
"""

import asyncio
import json
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog
from sqlalchemy import Connection

from backend.clock import Clock
from backend.errors import KeyGone
from backend.keys import KeyRing, of_citizens, of_gallery
from backend.retention import purge
from backend.rules.scope import set_on
from backend.settings import Lanes
from backend.store import journeys, members, templates, travelers
from backend.store.audit import Note, note
from backend.store.bell import Topic
from backend.store.engine import Store, touch
from backend.store.journeys import Journey
from backend.store.templates import Sample

log = structlog.get_logger()
WHO, ROLE, PURPOSE = "port galleries", "service", "LAND-P"
DAY_MS = 86_400_000
EVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class Lane:
    """One port's lane, and who belongs into its gallery."""

    port: str
    crossings: int
    days: int
    version: str


def day_of(port: str, now_utc_ms: int) -> str:
    """The journey at which a port's frequent crossers are seen on the day of this time (UTC)."""
    return f"port/{port}/{datetime.fromtimestamp(now_utc_ms / 1000, UTC).date()}"


async def run(store: Store, keys: KeyRing, clock: Clock, lanes: Lanes, version: str) -> None:
    """For ever: whenever somebody crossed, and every half minute."""
    while True:
        seen = store.bell.revision(Topic.GALLERIES)
        for port in lanes.ports:
            await once(store, keys, clock(), Lane(port, lanes.crossings, lanes.days, version))
        await asyncio.sleep(1.0)
        await store.bell.wait(Topic.GALLERIES, seen, EVERY_S)


async def once(store: Store, keys: KeyRing, now_utc_ms: int, lane: Lane) -> int:
    """Bring a port's gallery up to the day; how many joined."""
    today = day_of(lane.port, now_utc_ms)
    if await store.read(_settled, today, now_utc_ms, lane):
        return 0
    for name in (of_gallery(today), of_citizens(today)):
        keys.make(name)
    return await store.run(maintain, keys, now_utc_ms, lane)


def _settled(db: Connection, today: str, now_utc_ms: int, lane: Lane) -> bool:
    """Nothing to do, seen without a transaction that writers wait for."""
    if journeys.find(db, today) is None or members.ended(db, lane.port, today, _over(lane, now_utc_ms)):
        return False
    joining = _frequent(db, now_utc_ms, lane) - members.members(db, today)
    return not any(members.known(db, person, lane.version) for person in joining)


def _frequent(db: Connection, now_utc_ms: int, lane: Lane) -> set[str]:
    return members.frequent(db, lane.port, now_utc_ms - lane.days * DAY_MS, lane.crossings)


def _over(lane: Lane, now_utc_ms: int) -> int:
    """Galleries whose day ended by then are purged: counted from the day's beginning, their days are over."""
    return now_utc_ms - (lane.days - 1) * DAY_MS


def maintain(db: Connection, keys: KeyRing, now_utc_ms: int, lane: Lane) -> int:
    """Today's gallery is there, yesterday's closed, and whoever became a frequent crosser in it.  Idempotent."""
    today = day_of(lane.port, now_utc_ms)
    if journeys.announce(db, _journey(today, lane.port, now_utc_ms)):
        _turn_over(db, lane.port, today, now_utc_ms)
    _purge(db, keys, lane, today, now_utc_ms)
    joined = sum(
        _join(db, keys, today, now_utc_ms, lane, person)
        for person in sorted(_frequent(db, now_utc_ms, lane) - members.members(db, today))
    )
    if joined:
        result = json.dumps({"joined": joined})
        note(db, Note(now_utc_ms, WHO, ROLE, "port_gallery.joined", today, lane.port, PURPOSE, result))
        log.info("port_gallery.joined", journey=today, joined=joined)
    return joined


def _journey(name: str, port: str, now_utc_ms: int) -> Journey:
    day = datetime.fromtimestamp(now_utc_ms / 1000, UTC).date()
    end_utc_ms = (now_utc_ms // DAY_MS + 1) * DAY_MS
    return Journey(name, "port", "out", WHO, port, "", end_utc_ms, None, set_on(day).version, now_utc_ms)


def _turn_over(db: Connection, port: str, today: str, now_utc_ms: int) -> None:
    """Who left by not crossing any more is simply not in the new one."""
    for old in members.ended(db, port, today, now_utc_ms + DAY_MS):
        journeys.close(db, old, now_utc_ms)
        members.reassign(db, old, today)
        templates.forget(db, templates.holders(db, old))
    note(db, Note(now_utc_ms, WHO, ROLE, "port_gallery.opened", today, port, PURPOSE))
    touch(db, Topic.GALLERIES)


def _purge(db: Connection, keys: KeyRing, lane: Lane, today: str, now_utc_ms: int) -> None:
    """Old days' keys go like any gallery's: what a backup holds of members who left is unreadable from then on."""
    for old in members.ended(db, lane.port, today, _over(lane, now_utc_ms)):
        purge.gallery(db, keys, old, now_utc_ms)


def _join(db: Connection, keys: KeyRing, today: str, now_utc_ms: int, lane: Lane, person: str) -> bool:
    """His name and document re-sealed under this gallery's key, and his templates taken over, unless they came from a
    lane's gallery before: then photos are asked for anew, so that no template outlives its fourteen days."""
    found = members.known(db, person, lane.version)
    if found is None:
        return False
    try:
        before = travelers.one(db, keys, found.journey, found.traveler)
        samples: list[Sample] = []
        if found.mode != "port":
            box = keys.box(of_gallery(found.journey))
            samples = templates.of_traveler(db, box, found.traveler, lane.version)
    except KeyGone as error:
        log.warning("port_gallery.member_unreadable", journey=found.journey, why=str(error))
        return False
    if before is None:
        return False
    member = replace(before, traveler=str(uuid.uuid4()), seat="", crew=False)
    travelers.expect(db, keys, today, [member], now_utc_ms)
    if samples:
        templates.enrol(db, keys.box(of_gallery(today)), member.traveler, lane.version, samples)
    return True
