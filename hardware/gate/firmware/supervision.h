/* Does the gate do what it was told?  Timers over pins, and the faults they latch.  PROTOCOL.md, section 7. */
#ifndef LIMEN_SUPERVISION_H
#define LIMEN_SUPERVISION_H

#include <stdbool.h>
#include <stdint.h>

#include "leaf.h"
#include "limits.h"

/* A switch that must say the same for some time before it is believed. */
struct debounced {
    bool on;
    uint8_t steady_ms;
    uint32_t changed_ms;
};

void debounced_start(struct debounced *debounced, uint32_t now_ms, uint8_t steady_ms, bool on);

/* True if it went on just now. */
bool debounced_sense(struct debounced *debounced, uint32_t now_ms, bool on);

struct supervision {
    uint16_t travel_ms;
    uint32_t relay_ms, leaf_ms, rest_ms, contacts_ms, presence_ms; /* when each was last as it should be */
};

void supervision_start(struct supervision *supervision, uint32_t now_ms, uint16_t travel_ms);

/* The leaf was told to move. */
void supervision_turned(struct supervision *supervision, uint32_t now_ms);

/* Whether the leaf should long be where it is wanted. */
bool supervision_overdue(const struct supervision *supervision, uint32_t now_ms);

/* FAULT_… bits of what is wrong now.  coil: whether the relay is driven. */
uint16_t supervision_look(struct supervision *supervision, uint32_t now_ms, uint16_t pins, const struct leaf *leaf, bool coil);

#endif
