#include "leaf.h"

uint8_t leaf_strapped(uint16_t pins, bool *unfit) {
    bool safe = pins & PIN_FAIL_SAFE, hold = pins & PIN_HOLD;
    *unfit = hold && (safe || (pins & PIN_ESCAPE));
    if (*unfit || safe) return FAIL_SAFE;
    return hold ? FAIL_HOLD : FAIL_SECURE;
}

void leaf_start(struct leaf *leaf, uint32_t now_ms, uint16_t pins, bool hold) {
    leaf->rests = leaf->seen = pins & PIN_LEAF_CLOSED;
    leaf->holding = leaf->wanted = hold && !leaf->rests;
    leaf->opened_ms = now_ms;
}

static bool wanted(const struct leaf *leaf, const struct cause *cause) {
    if (cause->reason || leaf->holding) return true;
    if (leaf->wanted) return cause->occupied;
    return !leaf->rests && cause->occupied && (cause->in_time || leaf->seen);
}

bool leaf_move(struct leaf *leaf, uint32_t now_ms, const struct cause *cause, bool closed) {
    leaf->seen = leaf->seen || closed;
    if (!leaf->wanted && closed) leaf->rests = true;
    bool open = wanted(leaf, cause);
    if (open == leaf->wanted) return false;
    if (open && leaf->rests) leaf->opened_ms = now_ms;
    leaf->wanted = open;
    leaf->rests = false;
    return true;
}
