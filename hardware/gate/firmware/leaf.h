/* Where the leaf is to be, and why it may move.  PROTOCOL.md, section 4, rules 5 to 9. */
#ifndef LIMEN_LEAF_H
#define LIMEN_LEAF_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"

struct leaf {
    bool wanted;  /* it is to be open */
    bool rests;   /* it was observed closed since it was last to be open, and stays so until a reason to open */
    bool seen;    /* its closed contact was observed since the start, so that it can be believed */
    bool holding; /* found open at the start of a fail mode hold, left as it is */
    uint32_t opened_ms;
};

/* Why it might be open: a reason to open, somebody in its way, and whether closing is still within its travel time. */
struct cause {
    bool reason, occupied, in_time;
};

/* The site's fail mode; *unfit: the straps ask for one that cannot be, and fail-safe is used. */
uint8_t leaf_strapped(uint16_t pins, bool *unfit);

void leaf_start(struct leaf *leaf, uint32_t now_ms, uint16_t pins, bool hold);

/* Decide anew; true if the leaf turns. */
bool leaf_move(struct leaf *leaf, uint32_t now_ms, const struct cause *cause, bool closed);

#endif
