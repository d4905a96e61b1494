/* Beams and presence to whole passages: forward, reverse, doubtful.
 *
 * ../passage.py says what each counter means, what each limit below is for, and what two beams cannot tell. Both give
 * the same counters for the same samples. Everything in `struct passage` except the three counters is private.
 */
#ifndef PASSAGE_H
#define PASSAGE_H

#include <stdbool.h>
#include <stdint.h>

/* The site: measured when the lane is built. */
#define BEAM_GAP_MM 500
#define ZONE_MM 300

/* People and what they carry. */
#define PERSON_MAX_MM 510
#define PERSON_MIN_MM 120
#define LUGGAGE_SHARE 4
#define LOW_LUGGAGE_MM 550
#define WHEELCHAIR_MAX_MM 1200
#define SPOKES_MIN 4
#define FASTEST_MM_S 2500
#define BRISK_MM_S 500

/* Times. */
#define JOIN_MS 30
#define SETTLE_MS 100
#define BLIND_MS 60
#define UNSEEN_MS 500
#define TURN_MIN_MS 400
#define TURN_MAX_MS 1500
#define TAIL_MIN_MS 800
#define LONGEST_MS 30000

/* One thing that broke a beam, in milliseconds since the passage began; length 0: none. */
struct block {
    uint16_t start, length;
    uint8_t spokes;
};

/* The two longest blocks of this passage, and the newest, which may still grow. */
struct beam {
    struct block longest, second, newest;
    uint16_t resumed; /* unbroken by gaps since */
    bool broken;
    bool used; /* newest is a block of this passage */
};

struct passage {
    uint16_t forward, reverse, doubtful; /* each modulo 65536 */
    uint16_t lead_ms;                    /* sensed before the first beam */
    uint16_t blind_ms;                   /* a beam was broken and nobody sensed */
    uint32_t seen_ms;                    /* last sample */
    uint32_t began_ms;                   /* somebody sensed; while passing, the first beam broken */
    uint32_t cleared_ms;                 /* all clear since */
    struct beam entry, exit;
    uint8_t phase;
    bool presence;
    bool tainted; /* a passage was given up and the lane was not clear since */
};

void passage_start(struct passage *passage);

/* Take the sensors as they are at `now_ms`; true means broken, or somebody sensed.
 * Call it every tick, or at any change and once SETTLE_MS later. */
void passage_sense(struct passage *passage, uint32_t now_ms, bool entry, bool exit, bool presence);

/* Somebody is in the lane: a sensor says so, or a passage is unfinished. */
bool passage_busy(const struct passage *passage);

#endif
