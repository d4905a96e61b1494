/* The gate controller's state, and what moves it.  PROTOCOL.md, section 4; ../model.py is its twin. */
#ifndef LIMEN_CONTROLLER_H
#define LIMEN_CONTROLLER_H

#include <stdbool.h>
#include <stdint.h>

#include "leaf.h"
#include "limits.h"
#include "mac.h"
#include "memory.h"
#include "passage.h"
#include "session.h"
#include "supervision.h"

#define CONTENT_SIZE (MAX_PAYLOAD - MAC_SIZE)

struct gate {
    struct memory memory;
    struct site site;
    struct mac mac;
    struct session session;
    struct leaf leaf;
    struct supervision supervision;
    struct passage passage;
    struct debounced fire, release, service;
    uint32_t now_ms, started_ms, clear_ms, granted_ms, leased_ms, service_ms, lamp_ms, said_ms;
    uint32_t grant, last_grant;
    uint16_t pins, faults, lease_ms, forward_before, reverse_before;
    uint8_t fail_mode, backward, lamp, lamp_wish, refusal;
    uint8_t nonce[8], said[CONTENT_SIZE];
    bool keyed, started, emergency, service_mode, watched, welcome, answer;
};

void gate_start(struct gate *gate, uint32_t now_ms, const uint8_t *memory, uint16_t pins);

/* One millisecond has passed, or more if the loop was late. */
void gate_tick(struct gate *gate, uint32_t now_ms, uint16_t pins);

/* Whether anything stands against a grant. */
bool gate_barred(const struct gate *gate);

bool gate_alarm(const struct gate *gate);
uint8_t gate_position(const struct gate *gate);

/* DRIVE_… bits. */
uint8_t gate_drive(const struct gate *gate);

#endif
