#include "rc.h"

#include "line.h"

void rc_start(struct rc *rc, uint32_t now_ms, const uint8_t *memory, uint16_t pins) {
    gate_start(&rc->gate, now_ms, memory, pins);
    decoder_start(&rc->in);
    rc->out_at = rc->out_size = 0;
    rc->stored_ms = now_ms;
}

void rc_tick(struct rc *rc, uint32_t now_ms, uint16_t pins) { gate_tick(&rc->gate, now_ms, pins); }

void rc_byte(struct rc *rc, uint32_t now_ms, uint8_t byte) {
    uint8_t payload[MAX_PAYLOAD], size;
    decoder_feed(&rc->in, now_ms, byte);
    while ((size = decoder_next(&rc->in, payload))) line_hear(&rc->gate, payload, size);
}

bool rc_next(struct rc *rc, uint8_t *byte) {
    if (rc->out_at == rc->out_size) {
        uint8_t payload[MAX_PAYLOAD], size = line_say(&rc->gate, payload);
        if (size == 0) return false;
        rc->out_at = 0;
        rc->out_size = frame_encode(payload, size, rc->out);
    }
    *byte = rc->out[rc->out_at++];
    return true;
}

bool rc_store(struct rc *rc, uint32_t now_ms, uint8_t *address, uint8_t *value) {
    if (now_ms - rc->stored_ms < STORE_MS || !memory_store(&rc->gate.memory, address, value)) return false;
    rc->stored_ms = now_ms;
    return true;
}

uint8_t rc_drive(const struct rc *rc) { return gate_drive(&rc->gate); }
