/* What the controller remembers without power.  PROTOCOL.md, section 9. */
#ifndef LIMEN_MEMORY_H
#define LIMEN_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"
#include "mac.h"

struct memory {
    uint8_t wanted[MEMORY_SIZE], stored[MEMORY_SIZE];
    bool commissioned; /* as `wanted` says: asked every millisecond, so not summed up every time */
};

struct site {
    uint16_t gate, opens_ms, travel_ms;
    uint8_t key[KEY_SIZE];
};

void memory_start(struct memory *memory, const uint8_t *stored);

/* The next byte to write, which then counts as written; false: the EEPROM holds what it should. */
bool memory_store(struct memory *memory, uint8_t *address, uint8_t *value);
bool memory_settled(const struct memory *memory);

/* False without a usable key or with limits out of range. */
bool memory_site(const struct memory *memory, struct site *site);

void memory_commission(struct memory *memory);

/* Count this start: its number, or 0 if no earlier number can be believed. */
uint32_t memory_begin(struct memory *memory);

/* False if the faults cannot be believed; an emergency is believed all the same. */
bool memory_latched(const struct memory *memory, bool *emergency, uint16_t *faults);
void memory_latch(struct memory *memory, bool emergency, uint16_t faults);

#endif
