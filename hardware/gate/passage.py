"""Beams and presence to whole passages: forward, reverse, doubtful.

The lane has an entry beam, an exit beam BEAM_GAP_MM beyond it, both 70 to 80 cm above the floor (hips, where two legs
are one body), and a presence sensor for the zone around both, down to the floor and ZONE_MM beyond each beam.  A
passage begins when somebody is sensed and ends when all three sensors have been clear for SETTLE_MS; then exactly one
of these happens:

forward   rises by one: one body came in by the entry beam and left by the exit beam, and nobody else.
reverse   rises by one: the same, from exit to entry.
doubtful  rises by one: it was not none, and not certainly one.
nothing   somebody looked in and went back: only one beam was broken, and the zone was clear soon after.

One opening is a crossing if over it forward rose by one and the others by none.  A missed tailgater is worse than a
refused family: every rule below falls to `doubtful`.

- One body is never longer than PERSON_MAX_MM.  The beams stand nearly that far apart, so a single person leaves the
  first before reaching the second, however slowly and with whatever stops; two in a row do not.
- A second block of a beam is a hand, a handle or a crutch if it is shorter than PERSON_MIN_MM and at most a quarter of
  its traveller's; otherwise a second body, be it a follower, a child or a bag as long as a child.
- A longer body is one wheelchair if both beams saw its spokes and it is no longer than WHEELCHAIR_MAX_MM.
- Presence that outlasts the last beam by more than a low case on wheels is somebody crawling after, or left behind.
- Presence without any beam for UNSEEN_MS is a crawl, a jump, or somebody who waits inside the zone: the waiting mark
  belongs outside it.  A beam broken without presence for BLIND_MS is a sensor that lies.
- After LONGEST_MS a passage is given up as doubtful, and whatever follows before the lane is clear is doubtful too.

What two beams and presence cannot tell, and what is then said:
- Two exactly abreast, or a child hidden beside an adult, look like one: forward.  So does a guide dog beside its owner
  and a child carried.  The lane must be narrow (550 mm), or a camera must count heads.
- Two pressed together without a gap of JOIN_MS and together no deeper than PERSON_MAX_MM look like one: forward.
- Somebody who crawls under both beams past a traveller who stands in the zone, before or between the beams, looks like
  a traveller who waits there: forward.  So does a crawler at the heels of one who dawdles between the beams and then
  hurries.  A third beam near the floor would tell.
- Spokes can be forged; a site that sends wheelchairs to an attended lane sets SPOKES_MIN to 255.
- A stroller, a big dog on a lead behind, and a bag as long as a body look like a second person: doubtful.

`firmware/passage.c` is the same machine for the controller: the same samples give the same counters.
"""

from dataclasses import dataclass, field
from enum import IntEnum

# The site: measured when the lane is built.
BEAM_GAP_MM = 500
ZONE_MM = 300

# People and what they carry.
PERSON_MAX_MM = 510  # 50 cm with a coat, and a millisecond of rounding on each edge
PERSON_MIN_MM = 120  # a small child is 13 cm deep; a forearm or a handle is 10 cm or less
LUGGAGE_SHARE = 4  # speed cancels out in this one, so it holds for those who stop and go
LOW_LUGGAGE_MM = 550  # from the back to the end of a case that rolls under the beams; a crawler needs 600
WHEELCHAIR_MAX_MM = 1200  # longest that lanes are built for; one with an attendant is longer
SPOKES_MIN = 4  # each after JOIN_MS without a gap: chatter makes one at a body's end, two pressed together make three
FASTEST_MM_S = 2500  # nobody runs faster in a lane
BRISK_MM_S = 500  # who stops between the beams seems slow, and slow makes a follower seem short: not below this

# Times.
JOIN_MS = 30  # a beam that chatters at a body's edge, or sees a spoke go by, is back sooner
SETTLE_MS = 100  # presence may drop out for as long as a light curtain needs to find a leg again
BLIND_MS = 60  # presence may be that much later than a beam; the leaf's edge is quicker, a runner takes 80
UNSEEN_MS = 500  # nobody is through zone, gap and zone (1.1 m) sooner without a beam
TURN_MIN_MS, TURN_MAX_MS = 400, 1500  # back out of the zone after turning: a few steps
TAIL_MIN_MS = 800  # the fastest crawler needs more to leave the zone
LONGEST_MS = 30_000

_CLOCK = 1 << 32
_COUNT = 1 << 16


class _Phase(IntEnum):
    CLEAR = 0
    UNSEEN = 1  # somebody is sensed; no beam was broken since
    PASSING = 2


@dataclass(frozen=True, slots=True)
class _Block:
    """One thing that broke a beam, in milliseconds since the passage began; length 0: none."""

    start: int = 0
    length: int = 0
    spokes: int = 0

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(slots=True)
class _Beam:
    """The two longest blocks of this passage, and the newest, which may still grow."""

    longest: _Block = _Block()
    second: _Block = _Block()
    newest: _Block = _Block()
    broken: bool = False
    used: bool = False  # newest is a block of this passage
    resumed: int = 0  # unbroken by gaps since

    def interrupt(self, at_ms: int) -> None:
        self.broken = True
        last = self.newest
        if self.used and at_ms - last.end < JOIN_MS:
            spokes = last.spokes + (last.end - self.resumed >= JOIN_MS)
            self.newest = _Block(last.start, last.length, min(spokes, 255))
        else:
            self.file()
            self.newest, self.used = _Block(at_ms), True
        self.resumed = at_ms

    def restore(self, at_ms: int) -> None:
        self.broken = False
        self.newest = _Block(self.newest.start, at_ms - self.newest.start, self.newest.spokes)

    def file(self) -> None:
        if self.newest.length > self.longest.length:
            self.longest, self.second = self.newest, self.longest
        elif self.newest.length > self.second.length:
            self.second = self.newest


@dataclass(slots=True)
class Passage:
    """The machine.  Times are milliseconds modulo 2**32, counters modulo 65536."""

    forward: int = 0
    reverse: int = 0
    doubtful: int = 0
    _seen_ms: int = 0  # last sample
    _began_ms: int = 0  # somebody sensed; from PASSING on, the first beam broken
    _cleared_ms: int = 0  # all clear since
    _lead_ms: int = 0  # sensed before the first beam
    _blind_ms: int = 0  # a beam was broken and nobody sensed
    _entry: _Beam = field(default_factory=_Beam)
    _exit: _Beam = field(default_factory=_Beam)
    _phase: _Phase = _Phase.CLEAR
    _presence: bool = False
    _tainted: bool = False  # a passage was given up and the lane was not clear since

    @property
    def busy(self) -> bool:
        """Somebody is in the lane: a sensor says so, or a passage is unfinished."""
        return self._phase is not _Phase.CLEAR

    def sense(self, now_ms: int, entry: bool, exit_: bool, presence: bool) -> None:
        """Take the sensors as they are at `now_ms`; True means broken, or somebody sensed.

        Call it every tick, or at any change and once SETTLE_MS later.
        """
        self._elapse(now_ms)
        was_sensed = self._sensed
        self._presence = presence
        if self._phase is _Phase.CLEAR and (entry or exit_ or presence):
            self._phase, self._began_ms = _Phase.UNSEEN, now_ms
        if (entry and not self._entry.broken) or (exit_ and not self._exit.broken):
            self._begin(now_ms)
        self._follow(self._entry, entry, now_ms)
        self._follow(self._exit, exit_, now_ms)
        if was_sensed and not self._sensed:
            self._cleared_ms = now_ms

    @property
    def _sensed(self) -> bool:
        return self._entry.broken or self._exit.broken or self._presence

    def _begin(self, now_ms: int) -> None:
        """The first beam starts the clock of the passage: waiting in the zone takes as long as it takes."""
        if self._phase is not _Phase.UNSEEN:
            return
        self._lead_ms = min(_since(self._began_ms, now_ms), LONGEST_MS)
        self._phase, self._began_ms, self._blind_ms = _Phase.PASSING, now_ms, 0
        self._entry = _Beam(broken=self._entry.broken)
        self._exit = _Beam(broken=self._exit.broken)

    def _follow(self, beam: _Beam, broken: bool, now_ms: int) -> None:
        if broken and not beam.broken:
            beam.interrupt(_since(self._began_ms, now_ms))
        elif beam.broken and not broken:
            beam.restore(_since(self._began_ms, now_ms))

    def _elapse(self, now_ms: int) -> None:
        """What time alone did since the last sample, under that sample's sensors."""
        settled = not self._sensed and _since(self._cleared_ms, now_ms) >= SETTLE_MS
        until_ms = (self._cleared_ms + SETTLE_MS) % _CLOCK if settled else now_ms
        if self._phase is _Phase.PASSING:
            if not self._presence and (self._entry.broken or self._exit.broken):
                self._blind_ms = min(self._blind_ms + _since(self._seen_ms, now_ms), LONGEST_MS)
            if _since(self._began_ms, until_ms) >= LONGEST_MS:
                self._give_up()
        if settled and self._phase is not _Phase.CLEAR:
            self._finish()
        self._seen_ms = now_ms

    def _give_up(self) -> None:
        self._doubt()
        self._phase, self._tainted = _Phase.UNSEEN, True

    def _finish(self) -> None:
        stay_ms = _since(self._began_ms, self._cleared_ms)
        if self._phase is _Phase.PASSING:
            self._judge(stay_ms)
        elif stay_ms >= UNSEEN_MS and not self._tainted:
            self._doubt()
        self._phase, self._tainted = _Phase.CLEAR, False

    def _doubt(self) -> None:
        self.doubtful = (self.doubtful + 1) % _COUNT

    def _judge(self, cleared_ms: int) -> None:
        entry, exit_ = self._entry, self._exit
        entry.file()
        exit_.file()
        tail_ms = cleared_ms - max(entry.newest.end, exit_.newest.end)
        if self._tainted or self._blind_ms > BLIND_MS:
            self._doubt()
        elif not exit_.longest.length:
            if not _turned_back(entry, tail_ms):
                self._doubt()
        elif not entry.longest.length:  # nobody waits at the exit: a long way to it came over or under the entry beam
            if not _turned_back(exit_, max(tail_ms, self._lead_ms)):
                self._doubt()
        elif _one_through(entry, exit_, tail_ms):
            self.forward = (self.forward + 1) % _COUNT
        elif _one_through(exit_, entry, tail_ms):
            self.reverse = (self.reverse + 1) % _COUNT
        else:
            self._doubt()


def _since(then_ms: int, now_ms: int) -> int:
    return (now_ms - then_ms) % _CLOCK


def _mm(time_ms: int, transit_ms: int) -> int:
    """How far something moves in `time_ms` that takes `transit_ms` from beam to beam."""
    return time_ms * BEAM_GAP_MM // transit_ms


def _transit_ms(speed_mm_s: int) -> int:
    return BEAM_GAP_MM * 1000 // speed_mm_s


def _turned_back(beam: _Beam, unbroken_ms: int) -> bool:
    """One beam only.  Who passed the other unseen was longer in the zone, measured by the block that was seen."""
    block_ms = beam.longest.length
    return unbroken_ms <= min(max(block_ms + block_ms // 2, TURN_MIN_MS), TURN_MAX_MS)


def _one_through(near: _Beam, far: _Beam, tail_ms: int) -> bool:
    """One body, and no other, from `near` to `far`."""
    front, back = near.longest, far.longest
    if back.start <= front.start or back.end <= front.end:
        return False
    transit_ms = min(back.start - front.start, back.end - front.end)
    brisk_ms = min(transit_ms, _transit_ms(BRISK_MM_S))
    return (
        _mm(min(front.length, back.length), brisk_ms) >= PERSON_MIN_MM
        and _one_long(front, back, transit_ms)
        and _carried(near, far, brisk_ms)
        and _left(tail_ms, brisk_ms)
    )


def _one_long(front: _Block, back: _Block, transit_ms: int) -> bool:
    """No longer than a person, by the time both beams were broken; or a wheelchair."""
    both_ms = max(front.end - back.start, 0)
    if min(front.spokes, back.spokes) >= SPOKES_MIN:
        return BEAM_GAP_MM + _mm(both_ms, transit_ms) <= WHEELCHAIR_MAX_MM
    return BEAM_GAP_MM + _mm(both_ms, min(transit_ms, _transit_ms(BRISK_MM_S))) <= PERSON_MAX_MM


def _carried(near: _Beam, far: _Beam, brisk_ms: int) -> bool:
    """What else broke the beams is too short for a body at its own speed, or at any speed if that cannot be told."""
    transit_ms = _transit_ms(FASTEST_MM_S)
    if near.second.length and far.second.length and far.second.start > near.second.start:
        transit_ms = min(brisk_ms, far.second.start - near.second.start)
    return all(
        _mm(beam.second.length, transit_ms) < PERSON_MIN_MM
        and beam.second.length * LUGGAGE_SHARE <= beam.longest.length
        for beam in (near, far)
    )


def _left(tail_ms: int, brisk_ms: int) -> bool:
    """The zone was clear when the traveller, and a low case behind, should have been out of it."""
    return tail_ms <= TAIL_MIN_MS or _mm(tail_ms, brisk_ms) <= ZONE_MM + LOW_LUGGAGE_MM
