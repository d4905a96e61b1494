/* The controller for this machine: rc.c and an EEPROM of plain bytes, with many milliseconds in one call. */
#include <stddef.h>
#include <string.h>

#include "rc.h"

struct native {
    struct rc rc;
    uint32_t now_ms;
    uint8_t memory[MEMORY_SIZE];
};

size_t native_size(void) { return sizeof(struct native); }

void native_start(struct native *native, const uint8_t *memory, uint16_t pins, uint32_t now_ms) {
    memcpy(native->memory, memory, MEMORY_SIZE);
    native->now_ms = now_ms;
    rc_start(&native->rc, now_ms, memory, pins);
}

uint8_t native_tick(struct native *native, uint32_t now_ms, uint16_t pins) {
    uint8_t address, value;
    while (native->now_ms != now_ms) {
        native->now_ms++;
        rc_tick(&native->rc, native->now_ms, pins);
        if (rc_store(&native->rc, native->now_ms, &address, &value)) native->memory[address] = value;
    }
    return rc_drive(&native->rc);
}

/* Returns how many bytes were said; what does not fit in room waits for the next call. */
size_t native_exchange(struct native *native, const uint8_t *heard, size_t size, uint8_t *said, size_t room) {
    size_t at = 0;
    while (size--) rc_byte(&native->rc, native->now_ms, *heard++);
    while (at < room && rc_next(&native->rc, said + at)) at++;
    return at;
}

void native_memory(const struct native *native, uint8_t *memory) { memcpy(memory, native->memory, MEMORY_SIZE); }
