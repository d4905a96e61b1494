#include "memory.h"

#include <string.h>

#include "bytes.h"
#include "frames.h"

#define SIGNED 22 /* bytes of the provisioned record under its checksum */
#define START_SIZE 5
#define LATCH_SIZE 4

static uint8_t commission_mark(const struct memory *memory) { return crc8(memory->wanted, COMMISSIONED) ^ 1; }

void memory_start(struct memory *memory, const uint8_t *stored) {
    memcpy(memory->wanted, stored, MEMORY_SIZE);
    memcpy(memory->stored, stored, MEMORY_SIZE);
    memory->commissioned = stored[COMMISSIONED] == commission_mark(memory);
}

bool memory_store(struct memory *memory, uint8_t *address, uint8_t *value) {
    for (uint8_t at = 0; at < MEMORY_SIZE; at++) {
        if (memory->stored[at] == memory->wanted[at]) continue;
        *address = at;
        *value = memory->stored[at] = memory->wanted[at];
        return true;
    }
    return false;
}

bool memory_settled(const struct memory *memory) { return memcmp(memory->wanted, memory->stored, MEMORY_SIZE) == 0; }

bool memory_site(const struct memory *memory, struct site *site) {
    const uint8_t *record = memory->wanted + PROVISIONED;
    site->gate = get16(record + 2);
    site->opens_ms = (uint16_t)(record[4] * 100);
    site->travel_ms = (uint16_t)(record[5] * 10);
    memcpy(site->key, record + 6, KEY_SIZE);
    bool whole = record[0] == MAGIC_0 && record[1] == MAGIC_1 && crc16(record, SIGNED) == get16(record + SIGNED);
    bool opens = site->opens_ms > 0 && site->opens_ms <= OPEN_MOST_MS;
    bool travels = site->travel_ms >= TRAVEL_LEAST_MS && site->travel_ms <= TRAVEL_MOST_MS;
    return whole && opens && travels && !key_known(site->key);
}

void memory_commission(struct memory *memory) {
    memory->wanted[COMMISSIONED] = commission_mark(memory);
    memory->commissioned = true;
}

static bool erased(const uint8_t *record, uint8_t size) {
    while (size--)
        if (*record++ != 0xFF) return false;
    return true;
}

static bool believable(const uint8_t *record, uint8_t size) { return crc8(record, size - 1) == record[size - 1]; }

uint32_t memory_begin(struct memory *memory) {
    uint8_t *first = memory->wanted + STARTS_0, *second = memory->wanted + STARTS_1, *oldest = first;
    bool first_holds = believable(first, START_SIZE), second_holds = believable(second, START_SIZE);
    uint32_t newest = 0;
    if (first_holds) newest = get32(first), oldest = second;
    if (second_holds && !(first_holds && newest >= get32(second))) newest = get32(second), oldest = first;
    bool never = erased(first, START_SIZE) && erased(second, START_SIZE);
    if ((!first_holds && !second_holds && !never) || newest == UINT32_MAX) return 0;
    if (never) oldest = second; /* as after a start 0 in the first place */
    put32(oldest, newest + 1);
    oldest[START_SIZE - 1] = crc8(oldest, START_SIZE - 1);
    return newest + 1;
}

bool memory_latched(const struct memory *memory, bool *emergency, uint16_t *faults) {
    const uint8_t *record = memory->wanted + LATCHED;
    bool none = erased(record, LATCH_SIZE), holds = believable(record, LATCH_SIZE);
    *emergency = !none && record[0];
    *faults = !none && holds ? get16(record + 1) : 0;
    return none || holds;
}

void memory_latch(struct memory *memory, bool emergency, uint16_t faults) {
    uint8_t *record = memory->wanted + LATCHED;
    if (!emergency && !faults && erased(record, LATCH_SIZE)) return;
    record[0] = emergency;
    put16(record + 1, faults);
    record[LATCH_SIZE - 1] = crc8(record, LATCH_SIZE - 1);
}
