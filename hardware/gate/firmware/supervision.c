#include "supervision.h"

void debounced_start(struct debounced *debounced, uint32_t now_ms, uint8_t steady_ms, bool on) {
    *debounced = (struct debounced){.on = on, .steady_ms = steady_ms, .changed_ms = now_ms};
}

bool debounced_sense(struct debounced *debounced, uint32_t now_ms, bool on) {
    if (on == debounced->on) {
        debounced->changed_ms = now_ms;
        return false;
    }
    if (now_ms - debounced->changed_ms < debounced->steady_ms) return false;
    debounced->on = on;
    debounced->changed_ms = now_ms;
    return on;
}

void supervision_start(struct supervision *supervision, uint32_t now_ms, uint16_t travel_ms) {
    *supervision = (struct supervision){travel_ms, now_ms, now_ms, now_ms, now_ms, now_ms};
}

void supervision_turned(struct supervision *supervision, uint32_t now_ms) { supervision->leaf_ms = now_ms; }

bool supervision_overdue(const struct supervision *supervision, uint32_t now_ms) {
    return now_ms - supervision->leaf_ms >= (uint32_t)supervision->travel_ms + TRAVEL_MARGIN_MS;
}

static uint16_t relay(struct supervision *supervision, uint32_t now_ms, bool feedback, bool coil, bool there) {
    if (feedback == coil) supervision->relay_ms = now_ms;
    if (now_ms - supervision->relay_ms < FEEDBACK_MS) return 0;
    if (!coil) return FAULT_RELAY_STUCK;
    return there ? FAULT_FEEDBACK_CUT : FAULT_RELAY_DEAD;
}

static uint16_t position(struct supervision *supervision, uint32_t now_ms, uint16_t pins, const struct leaf *leaf) {
    bool closed = pins & PIN_LEAF_CLOSED, resting = leaf->rests && !leaf->wanted;
    bool there = leaf->wanted ? (pins & PIN_LEAF_OPEN) != 0 : closed;
    if (closed || !resting) supervision->rest_ms = now_ms;
    if (there || resting) supervision->leaf_ms = now_ms;
    if (now_ms - supervision->rest_ms >= FORCED_MS) return FAULT_FORCED;
    if (!supervision_overdue(supervision, now_ms)) return 0;
    return leaf->wanted ? FAULT_NOT_OPENED : FAULT_NOT_CLOSED;
}

static uint16_t sensors(struct supervision *supervision, uint32_t now_ms, uint16_t pins) {
    bool both = (pins & PIN_LEAF_CLOSED) && (pins & PIN_LEAF_OPEN);
    bool agree = !(pins & PIN_PRESENCE_A) == !(pins & PIN_PRESENCE_B);
    uint16_t faults = 0;
    if (!both) supervision->contacts_ms = now_ms;
    if (agree) supervision->presence_ms = now_ms;
    if (now_ms - supervision->contacts_ms >= CONTACTS_MS) faults |= FAULT_CONTACTS;
    if (now_ms - supervision->presence_ms >= PRESENCE_MS) faults |= FAULT_PRESENCE;
    return faults;
}

uint16_t supervision_look(struct supervision *supervision, uint32_t now_ms, uint16_t pins, const struct leaf *leaf, bool coil) {
    bool there = pins & (leaf->wanted ? PIN_LEAF_OPEN : PIN_LEAF_CLOSED);
    return relay(supervision, now_ms, pins & PIN_FEEDBACK, coil, there) | position(supervision, now_ms, pins, leaf) |
           sensors(supervision, now_ms, pins);
}
