/* Beams and presence to whole passages: forward, reverse, doubtful.
 *
 * ../passage.py says what each counter means, why each limit is what it is, and what two beams cannot tell. Both give
 * the same counters for the same samples. Everything in `struct passage` except the three counters is private.
 */
#ifndef PASSAGE_H
#define PASSAGE_H

#include <stdbool.h>
#include <stdint.h>

/* The site: measured when the lane is built. */
#define BEAM_GAP_MM 500u /* from the entry beam to the exit beam */
#define ZONE_MM 300u     /* how far presence is sensed beyond a beam */

/* People and what they carry. */
#define PERSON_MAX_MM 530u     /* deepest single body */
#define PERSON_MIN_MM 120u     /* shorter is a hand, a handle, a crutch */
#define LUGGAGE_SHARE 4u       /* luggage is at most a quarter of its traveller's block */
#define LOW_LUGGAGE_MM 550u    /* a case that rolls under the beams */
#define WHEELCHAIR_MAX_MM 1200u
#define SPOKES_MIN 4u          /* flickers that make a long block a wheelchair */
#define FASTEST_MM_S 2500u
#define BRISK_MM_S 500u        /* slower than this is not believed where slow would excuse */
#define SLOWEST_MM_S 200u

/* Times. */
#define JOIN_MS 30u     /* a shorter gap is chatter or a spoke */
#define SETTLE_MS 100u  /* everything clear for this long ends a passage */
#define BLIND_MS 100u   /* a beam may be broken this long without presence */
#define UNSEEN_MS 500u  /* presence alone for this long may be a jump or a crawl */
#define TURN_MIN_MS 400u
#define TURN_MAX_MS 1500u
#define TAIL_MIN_MS 800u
#define LONGEST_MS 30000u /* a passage that takes longer is given up */

/* One thing that broke a beam, in ms since the passage began; length 0: none. */
struct block {
    uint16_t start, length;
    uint8_t spokes;
};

struct beam {
    struct block longest, second, newest;
    bool broken, unfiled;
};

struct passage {
    uint16_t forward, reverse, doubtful; /* each modulo 65536 */
    uint32_t seen_ms, began_ms, cleared_ms;
    uint16_t blind_ms;
    struct beam entry, exit;
    uint8_t phase;
    bool presence, tainted;
};

void passage_start(struct passage *passage);

/* Take the sensors as they are at `now_ms`; true means broken, or somebody sensed. Call every tick, or at any change. */
void passage_sense(struct passage *passage, uint32_t now_ms, bool entry, bool exit, bool presence);

/* Somebody is in the lane: a sensor says so, or a passage is unfinished. */
bool passage_busy(const struct passage *passage);

#endif
