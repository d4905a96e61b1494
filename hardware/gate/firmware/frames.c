#include "frames.h"

#include <string.h>

static uint16_t crc16_on(uint16_t crc, const uint8_t *bytes, uint8_t size) {
    while (size--) {
        crc ^= (uint16_t)(*bytes++ << 8);
        for (uint8_t bit = 0; bit < 8; bit++) crc = (uint16_t)(crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0));
    }
    return crc;
}

uint16_t crc16(const uint8_t *bytes, uint8_t size) { return crc16_on(0xFFFF, bytes, size); }

uint8_t crc8(const uint8_t *bytes, uint8_t size) {
    uint8_t crc = 0;
    while (size--) {
        crc ^= *bytes++;
        for (uint8_t bit = 0; bit < 8; bit++) crc = (uint8_t)(crc << 1 ^ (crc & 0x80 ? 0x07 : 0));
    }
    return crc;
}

void decoder_start(struct decoder *decoder) { decoder->size = 0; }

void decoder_feed(struct decoder *decoder, uint32_t now_ms, uint8_t byte) {
    if (now_ms - decoder->heard_ms > FRAME_GAP_MS) decoder->size = 0;
    decoder->heard_ms = now_ms;
    decoder->buffer[decoder->size++] = byte; /* never full: what fills it is a frame or is dropped, below */
}

static void drop(struct decoder *decoder, uint8_t count) {
    decoder->size -= count;
    memmove(decoder->buffer, decoder->buffer + count, decoder->size);
}

uint8_t decoder_next(struct decoder *decoder, uint8_t payload[MAX_PAYLOAD]) {
    const uint8_t *buffer = decoder->buffer;
    while (decoder->size) {
        uint8_t size = decoder->size > 1 ? buffer[1] : 1;
        bool possible = buffer[0] == FRAME_START && size >= 1 && size <= MAX_PAYLOAD;
        if (possible && decoder->size < size + FRAME_OVERHEAD) return 0;
        if (possible && crc16(buffer + 1, size + 1) == (uint16_t)(buffer[size + 2] << 8 | buffer[size + 3])) {
            memcpy(payload, buffer + 2, size);
            drop(decoder, size + FRAME_OVERHEAD);
            return size;
        }
        drop(decoder, 1);
    }
    return 0;
}

uint8_t frame_encode(const uint8_t *payload, uint8_t size, uint8_t frame[FRAME_MOST]) {
    frame[0] = FRAME_START;
    frame[1] = size;
    memcpy(frame + 2, payload, size);
    uint16_t crc = crc16(frame + 1, size + 1);
    frame[size + 2] = (uint8_t)(crc >> 8);
    frame[size + 3] = (uint8_t)crc;
    return size + FRAME_OVERHEAD;
}
