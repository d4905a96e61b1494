/* The machine of ../passage.py, function by function, for an 8-bit controller: integers only, no memory but the struct. */
#include "passage.h"

#include <string.h>

enum { CLEAR, UNSEEN, PASSING };

/* Transit times, beam to beam, of known speeds. 32 bits: an int of the controller has 16. */
#define TRANSIT_MS(mm_s) ((uint16_t)((uint32_t)BEAM_GAP_MM * 1000 / (mm_s)))

#ifdef __AVR__
_Static_assert(sizeof(struct passage) < 64, "the passage shares 2 KiB with everything else");
#endif
_Static_assert(BEAM_GAP_MM <= PERSON_MAX_MM, "beams farther apart than a body is deep let two fit between them");

static uint16_t least(uint16_t a, uint16_t b) { return a < b ? a : b; }

static uint16_t most(uint16_t a, uint16_t b) { return a > b ? a : b; }

static uint16_t end_of(const struct block *block) { return block->start + block->length; }

/* How far something moves in `time_ms` that takes `transit_ms` from beam to beam. */
static uint32_t mm(uint16_t time_ms, uint16_t transit_ms) { return (uint32_t)time_ms * BEAM_GAP_MM / transit_ms; }

static void file_newest(struct beam *beam) {
    if (beam->newest.length > beam->longest.length) {
        beam->second = beam->longest;
        beam->longest = beam->newest;
    } else if (beam->newest.length > beam->second.length) {
        beam->second = beam->newest;
    }
}

static void interrupt(struct beam *beam, uint16_t at_ms) {
    beam->broken = true;
    if (beam->used && at_ms - end_of(&beam->newest) < JOIN_MS) {
        bool spoke = end_of(&beam->newest) - beam->resumed >= JOIN_MS;
        if (spoke && beam->newest.spokes < UINT8_MAX) beam->newest.spokes++;
    } else {
        file_newest(beam);
        beam->newest = (struct block){.start = at_ms};
        beam->used = true;
    }
    beam->resumed = at_ms;
}

static void restore(struct beam *beam, uint16_t at_ms) {
    beam->broken = false;
    beam->newest.length = at_ms - beam->newest.start;
}

static void follow(struct beam *beam, bool broken, uint16_t at_ms) {
    if (broken && !beam->broken) interrupt(beam, at_ms);
    if (!broken && beam->broken) restore(beam, at_ms);
}

static void forget(struct beam *beam) { *beam = (struct beam){.broken = beam->broken}; }

/* One beam only. Who passed the other unseen was longer in the zone, measured by the block that was seen. */
static bool turned_back(const struct beam *beam, uint16_t unbroken_ms) {
    uint16_t block_ms = beam->longest.length;
    return unbroken_ms <= least(most(block_ms + block_ms / 2, TURN_MIN_MS), TURN_MAX_MS);
}

/* No longer than a person, by the time both beams were broken; or a wheelchair. */
static bool one_long(const struct block *front, const struct block *back, uint16_t transit_ms) {
    uint16_t both_ms = end_of(front) > back->start ? end_of(front) - back->start : 0;
    if (front->spokes >= SPOKES_MIN && back->spokes >= SPOKES_MIN)
        return BEAM_GAP_MM + mm(both_ms, transit_ms) <= WHEELCHAIR_MAX_MM;
    return BEAM_GAP_MM + mm(both_ms, least(transit_ms, TRANSIT_MS(BRISK_MM_S))) <= PERSON_MAX_MM;
}

static bool light(const struct beam *beam, uint16_t transit_ms) {
    return mm(beam->second.length, transit_ms) < PERSON_MIN_MM &&
           (uint32_t)beam->second.length * LUGGAGE_SHARE <= beam->longest.length;
}

/* What else broke the beams is too short for a body at its own speed, or at any speed if that cannot be told. */
static bool carried(const struct beam *near, const struct beam *far, uint16_t brisk_ms) {
    uint16_t transit_ms = TRANSIT_MS(FASTEST_MM_S);
    if (near->second.length && far->second.length && far->second.start > near->second.start)
        transit_ms = least(brisk_ms, far->second.start - near->second.start);
    return light(near, transit_ms) && light(far, transit_ms);
}

/* The zone was clear when the traveller, and a low case behind, should have been out of it. */
static bool left(uint16_t tail_ms, uint16_t brisk_ms) {
    return tail_ms <= TAIL_MIN_MS || mm(tail_ms, brisk_ms) <= ZONE_MM + LOW_LUGGAGE_MM;
}

/* One body, and no other, from `near` to `far`. */
static bool one_through(const struct beam *near, const struct beam *far, uint16_t tail_ms) {
    const struct block *front = &near->longest, *back = &far->longest;
    if (back->start <= front->start || end_of(back) <= end_of(front)) return false;
    uint16_t transit_ms = least(back->start - front->start, end_of(back) - end_of(front));
    uint16_t brisk_ms = least(transit_ms, TRANSIT_MS(BRISK_MM_S));
    return mm(least(front->length, back->length), brisk_ms) >= PERSON_MIN_MM && one_long(front, back, transit_ms) &&
           carried(near, far, brisk_ms) && left(tail_ms, brisk_ms);
}

static void judge(struct passage *p, uint16_t cleared_ms) {
    struct beam *entry = &p->entry, *exit = &p->exit;
    file_newest(entry);
    file_newest(exit);
    uint16_t tail_ms = cleared_ms - most(end_of(&entry->newest), end_of(&exit->newest));
    if (p->tainted || p->blind_ms > BLIND_MS) {
        p->doubtful++;
    } else if (!exit->longest.length) {
        if (!turned_back(entry, tail_ms)) p->doubtful++;
    } else if (!entry->longest.length) { /* nobody waits at the exit: a long way to it came over or under the entry beam */
        if (!turned_back(exit, most(tail_ms, p->lead_ms))) p->doubtful++;
    } else if (one_through(entry, exit, tail_ms)) {
        p->forward++;
    } else if (one_through(exit, entry, tail_ms)) {
        p->reverse++;
    } else {
        p->doubtful++;
    }
}

static bool sensed(const struct passage *p) { return p->entry.broken || p->exit.broken || p->presence; }

static void give_up(struct passage *p) {
    p->doubtful++;
    p->phase = UNSEEN;
    p->tainted = true;
}

static void finish(struct passage *p) {
    uint32_t stay_ms = p->cleared_ms - p->began_ms;
    if (p->phase == PASSING)
        judge(p, (uint16_t)stay_ms);
    else if (stay_ms >= UNSEEN_MS && !p->tainted)
        p->doubtful++;
    p->phase = CLEAR;
    p->tainted = false;
}

/* A sensor of presence that is late is forgiven, one that is blind is not. */
static void watch_presence(struct passage *p, uint32_t elapsed_ms) {
    if (p->presence || !sensed(p)) return;
    p->blind_ms = elapsed_ms < LONGEST_MS ? least(p->blind_ms + (uint16_t)elapsed_ms, LONGEST_MS) : LONGEST_MS;
}

/* What time alone did since the last sample, under that sample's sensors. */
static void elapse(struct passage *p, uint32_t now_ms) {
    bool settled = !sensed(p) && now_ms - p->cleared_ms >= SETTLE_MS;
    uint32_t until_ms = settled ? p->cleared_ms + SETTLE_MS : now_ms;
    if (p->phase == PASSING) {
        watch_presence(p, now_ms - p->seen_ms);
        if (until_ms - p->began_ms >= LONGEST_MS) give_up(p);
    }
    if (settled && p->phase != CLEAR) finish(p);
    p->seen_ms = now_ms;
}

/* The first beam starts the clock of the passage: waiting in the zone takes as long as it takes. */
static void begin(struct passage *p, uint32_t now_ms) {
    if (p->phase != UNSEEN) return;
    uint32_t lead_ms = now_ms - p->began_ms;
    p->lead_ms = lead_ms < LONGEST_MS ? (uint16_t)lead_ms : LONGEST_MS;
    p->phase = PASSING;
    p->began_ms = now_ms;
    p->blind_ms = 0;
    forget(&p->entry);
    forget(&p->exit);
}

void passage_start(struct passage *p) { memset(p, 0, sizeof *p); }

void passage_sense(struct passage *p, uint32_t now_ms, bool entry, bool exit, bool presence) {
    elapse(p, now_ms);
    bool was_sensed = sensed(p);
    p->presence = presence;
    if (p->phase == CLEAR && (entry || exit || presence)) {
        p->phase = UNSEEN;
        p->began_ms = now_ms;
    }
    if ((entry && !p->entry.broken) || (exit && !p->exit.broken)) begin(p, now_ms);
    uint16_t at_ms = (uint16_t)(now_ms - p->began_ms);
    follow(&p->entry, entry, at_ms);
    follow(&p->exit, exit, at_ms);
    if (was_sensed && !sensed(p)) p->cleared_ms = now_ms;
}

bool passage_busy(const struct passage *p) { return p->phase != CLEAR; }
