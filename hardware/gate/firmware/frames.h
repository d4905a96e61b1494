/* Cut a byte stream into payloads, and back.  PROTOCOL.md, section 1. */
#ifndef LIMEN_FRAMES_H
#define LIMEN_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"

#define FRAME_START 0xA5
#define FRAME_OVERHEAD 4
#define FRAME_MOST (MAX_PAYLOAD + FRAME_OVERHEAD)

struct decoder {
    uint8_t buffer[FRAME_MOST];
    uint8_t size;
    uint32_t heard_ms;
};

void decoder_start(struct decoder *decoder);

/* Take one byte; call decoder_next until it gives 0. */
void decoder_feed(struct decoder *decoder, uint32_t now_ms, uint8_t byte);

/* Copies a whole payload out and returns its size, or 0 while there is none. */
uint8_t decoder_next(struct decoder *decoder, uint8_t payload[MAX_PAYLOAD]);

/* Returns the size of the frame written. */
uint8_t frame_encode(const uint8_t *payload, uint8_t size, uint8_t frame[FRAME_MOST]);

uint16_t crc16(const uint8_t *bytes, uint8_t size);
uint8_t crc8(const uint8_t *bytes, uint8_t size);

#endif
