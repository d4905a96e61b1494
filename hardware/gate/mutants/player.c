/* player FILE [NUMBER]...: plays a file's tapes to the native controller, those of the numbers first.
 * Stops with 1 at the first event that is not as written, and says in which tape that was; else ends with 0. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "rc.h"

#define ROOM 4096
#define PATIENCE_S 3 /* of the processor's time, for one tape: for what never ends */

extern size_t native_size(void);
extern void native_start(void *native, const uint8_t *memory, uint16_t pins, uint32_t now_ms);
extern uint8_t native_tick(void *native, uint32_t now_ms, uint16_t pins);
extern size_t native_exchange(void *native, const uint8_t *heard, size_t size, uint8_t *said, size_t room);
extern void native_memory(const void *native, uint8_t *memory);

static const uint8_t *tape, *wanted, *wanted_end, **all;
static uint8_t last_drive, last_memory[MEMORY_SIZE];
static uint32_t playing;
static uint8_t *native;

static uint32_t number(const uint8_t **at, int bytes) {
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint32_t)*(*at)++ << 8 * i;
    return value;
}

static void differ(void) {
    printf("%u\n", (unsigned)playing);
    exit(1);
}

static void expect(const uint8_t *bytes, size_t size) {
    if ((size_t)(wanted_end - wanted) < size || memcmp(wanted, bytes, size) != 0) differ();
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

/* Where what is expected of a tape begins, and how much it is. */
static const uint8_t *expectations(const uint8_t *at, uint32_t *size) {
    at += 6;
    uint32_t steps = number(&at, 4);
    at += MEMORY_SIZE;
    while (steps--) {
        at += 7;
        uint32_t heard = number(&at, 2);
        at += heard;
    }
    *size = number(&at, 4);
    return at;
}

/* Whatever is set too late finds nothing right there by chance, or a time that has just been: plays.py uses that. */
static void spoil(uint32_t start_ms) {
    uint32_t stale = start_ms >> 24 ? start_ms : 0x5C3E1D2B;
    for (size_t i = 0; i < native_size(); i++) native[i] = (uint8_t)(stale >> 8 * (i % 4));
}

static void start(void) {
    uint32_t size;
    wanted = expectations(tape, &size), wanted_end = wanted + size;
    struct itimerval patience = {.it_value.tv_sec = PATIENCE_S};
    setitimer(ITIMER_VIRTUAL, &patience, NULL);
}

static void play(void) {
    uint8_t said[ROOM];
    start();
    uint32_t start_ms = number(&tape, 4), at_ms = 0;
    uint16_t pins = number(&tape, 2);
    uint32_t steps = number(&tape, 4);
    last_drive = 0;
    memcpy(last_memory, tape, MEMORY_SIZE);
    tape += MEMORY_SIZE;
    spoil(start_ms);
    native_start(native, last_memory, pins, start_ms);
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
    if (wanted != wanted_end) differ();
}

static const uint8_t **tapes(const uint8_t *at, uint32_t count) {
    const uint8_t **found = calloc(count + 1, sizeof *found);
    if (!found) exit(2);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size;
        found[i] = at;
        at = expectations(at, &size);
        at += size;
    }
    return found;
}

static const uint8_t *content(const char *name) {
    FILE *file = fopen(name, "rb");
    if (!file || fseek(file, 0, SEEK_END)) exit(2);
    size_t size = (size_t)ftell(file);
    uint8_t *bytes = malloc(size);
    rewind(file);
    if (!bytes || fread(bytes, size, 1, file) != 1) exit(2);
    fclose(file);
    return bytes;
}

int main(int count, char **words) {
    if (count < 2) return 2;
    const uint8_t *at = content(words[1]);
    uint32_t many = number(&at, 4);
    all = tapes(at, many);
    native = malloc(native_size());
    if (!native) return 2;
    for (uint32_t turn = 0; turn < many + (uint32_t)count - 2; turn++) {
        playing = turn < (uint32_t)count - 2 ? (uint32_t)atoi(words[2 + turn]) : turn - ((uint32_t)count - 2);
        if (playing >= many) return 2;
        if (!all[playing]) continue;
        tape = all[playing], all[playing] = NULL; /* once */
        play();
    }
    return 0;
}
