/* The whole controller but its pins: bytes and pin states in, bytes and drives out.  The firmware's main loop, the native
 * build and the simulator all run this. */
#ifndef LIMEN_RC_H
#define LIMEN_RC_H

#include <stdbool.h>
#include <stdint.h>

#include "controller.h"
#include "frames.h"

struct rc {
    struct gate gate;
    struct decoder in;
    uint8_t out[FRAME_MOST];
    uint8_t out_at, out_size;
    uint32_t stored_ms;
};

/* memory: MEMORY_SIZE bytes as the EEPROM holds them.  pins: PIN_… bits, straps among them. */
void rc_start(struct rc *rc, uint32_t now_ms, const uint8_t *memory, uint16_t pins);

/* One millisecond has passed (or more, if the loop was late). */
void rc_tick(struct rc *rc, uint32_t now_ms, uint16_t pins);

/* A byte came from the line. */
void rc_byte(struct rc *rc, uint32_t now_ms, uint8_t byte);

/* The next byte for the line; false: nothing to say. */
bool rc_next(struct rc *rc, uint8_t *byte);

/* The next byte for the EEPROM, to be called only when it is ready; false: nothing to write. */
bool rc_store(struct rc *rc, uint32_t now_ms, uint8_t *address, uint8_t *value);

/* DRIVE_… bits. */
uint8_t rc_drive(const struct rc *rc);

#endif
