/* Plays tapes to the native controller; stops with 1 at the first event that is not as written, else ends with 0. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rc.h"

#define ROOM 4096

extern size_t native_size(void);
extern void native_start(void *native, const uint8_t *memory, uint16_t pins, uint32_t now_ms);
extern uint8_t native_tick(void *native, uint32_t now_ms, uint16_t pins);
extern size_t native_exchange(void *native, const uint8_t *heard, size_t size, uint8_t *said, size_t room);
extern void native_memory(const void *native, uint8_t *memory);

static const uint8_t *tape, *wanted, *wanted_end;
static uint8_t last_drive, last_memory[MEMORY_SIZE];
static void *native;

static uint32_t number(const uint8_t **at, int bytes) {
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint32_t)*(*at)++ << 8 * i;
    return value;
}

static void expect(const uint8_t *bytes, size_t size) {
    if ((size_t)(wanted_end - wanted) < size || memcmp(wanted, bytes, size) != 0) exit(1);
    wanted += size;
}

static void compare(uint32_t at_ms, uint8_t drive, const uint8_t *said, size_t size) {
    uint8_t memory[MEMORY_SIZE];
    native_memory(native, memory);
    if (size == 0 && drive == last_drive && memcmp(memory, last_memory, MEMORY_SIZE) == 0) return;
    uint8_t head[] = {at_ms, at_ms >> 8, at_ms >> 16, at_ms >> 24, drive, size, size >> 8};
    expect(head, sizeof head);
    expect(said, size);
    expect(memory, MEMORY_SIZE);
    last_drive = drive;
    memcpy(last_memory, memory, MEMORY_SIZE);
}

static void play(void) {
    uint8_t said[ROOM];
    uint32_t start_ms = number(&tape, 4), at_ms = 0;
    uint16_t pins = number(&tape, 2);
    uint32_t steps = number(&tape, 4);
    memset(native, 0x5C, native_size()); /* so that nothing is right by chance */
    native_start(native, tape, pins, start_ms);
    last_drive = 0;
    memcpy(last_memory, tape, MEMORY_SIZE);
    tape += MEMORY_SIZE;
    const uint8_t *at = tape;
    for (uint32_t i = 0; i < steps; i++) { /* what is expected stands behind the steps */
        at += 7;
        uint32_t size = number(&at, 2);
        at += size;
    }
    uint32_t size = number(&at, 4);
    wanted = at, wanted_end = at + size;
    while (steps--) {
        uint32_t ms = number(&tape, 4), at_once = number(&tape, 1);
        pins = number(&tape, 2);
        uint32_t heard = number(&tape, 2);
        compare(at_ms, last_drive, said, native_exchange(native, tape, heard, said, ROOM));
        tape += heard;
        for (uint32_t passed = 0; passed < ms; passed += at_once ? ms : 1) {
            at_ms += at_once ? ms : 1;
            uint8_t drive = native_tick(native, start_ms + at_ms, pins);
            compare(at_ms, drive, said, native_exchange(native, NULL, 0, said, ROOM));
        }
    }
    if (wanted != wanted_end) exit(1);
    tape = wanted_end;
}

int main(int count, char **words) {
    FILE *file = count == 2 ? fopen(words[1], "rb") : NULL;
    if (!file || fseek(file, 0, SEEK_END)) return 2;
    size_t size = (size_t)ftell(file);
    uint8_t *bytes = malloc(size);
    rewind(file);
    native = malloc(native_size());
    if (!bytes || !native || fread(bytes, size, 1, file) != 1) return 2;
    tape = bytes;
    for (uint32_t tapes = number(&tape, 4); tapes; tapes--) play();
    return 0;
}
