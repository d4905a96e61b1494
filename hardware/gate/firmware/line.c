#include "line.h"

#include <string.h>

#include "bytes.h"

#define HEAD 4 /* type, version, gate */
#define HELLO_SIZE (HEAD + 8 + MAC_SIZE)
#define WANT_SIZE (HEAD + 23 + MAC_SIZE)
#define SERVICE_SIZE (HEAD + 21 + MAC_SIZE)
#define POLL_AT 16    /* in a status: not compared when looking for what is new, like the uptime at its end */

/* --- hear ----------------------------------------------------------------------------------------------------------- */

static uint8_t greet(struct gate *gate, const uint8_t *nonce) {
    if (!gate->started || gate->session.start == 0) return REFUSED_BARRED;
    session_greet(&gate->session);
    gate->grant = 0;
    memcpy(gate->nonce, nonce, sizeof gate->nonce);
    gate->welcome = true;
    return REFUSED_NONE;
}

static uint8_t new_grant(struct gate *gate, uint32_t grant) {
    if (grant <= gate->last_grant) return REFUSED_GRANT;
    if (gate_barred(gate)) return REFUSED_BARRED;
    if (!gate->leaf.rests || !(gate->pins & PIN_LEAF_CLOSED)) return REFUSED_LEAF;
    gate->grant = gate->last_grant = grant;
    gate->granted_ms = gate->now_ms;
    gate->watched = true;
    gate->forward_before = gate->passage.forward;
    gate->reverse_before = gate->passage.reverse;
    return REFUSED_NONE;
}

static uint8_t wish(struct gate *gate, uint32_t grant, uint16_t lease_ms) {
    if (grant != gate->grant || lease_ms == 0) {
        gate->grant = 0;
        if (grant == 0 || lease_ms == 0) return REFUSED_NONE;
        uint8_t refusal = new_grant(gate, grant);
        if (refusal) return refusal;
    }
    gate->leased_ms = gate->now_ms;
    gate->lease_ms = lease_ms < LEASE_MS ? lease_ms : LEASE_MS;
    return REFUSED_NONE;
}

static uint8_t obey(struct gate *gate, const uint8_t *want) {
    gate->answer = true;
    uint8_t refusal = session_refusal(&gate->session, gate->now_ms, want);
    uint8_t lamp = want[22];
    if (refusal) return refusal;
    if (lamp > LAMP_SEE_AGENT) return REFUSED_MALFORMED;
    session_hear(&gate->session, gate->now_ms);
    gate->session.sequence = get32(want + 8);
    gate->lamp_wish = lamp;
    gate->leaf.holding = false;
    return wish(gate, get32(want + 16), get16(want + 20));
}

static uint8_t serve(struct gate *gate, const uint8_t *service) {
    gate->answer = true;
    uint8_t refusal = session_refusal(&gate->session, gate->now_ms, service), action = service[16];
    if (refusal) return refusal;
    if (get32(service + 17) == 0 || (action != ACTION_COMMISSION && action != ACTION_RESET)) return REFUSED_MALFORMED;
    gate->session.sequence = get32(service + 8);
    if (!gate->service_mode) return REFUSED_SERVICE;
    if (action == ACTION_COMMISSION)
        memory_commission(&gate->memory);
    else
        gate->faults &= FAULTS_STANDING;
    return REFUSED_NONE;
}

static uint8_t hear(struct gate *gate, const uint8_t *payload, uint8_t size) {
    if (size < HEAD + MAC_SIZE) return REFUSED_MALFORMED;
    if (payload[1] != VERSION) return REFUSED_VERSION;
    if (get16(payload + 2) != gate->site.gate) return REFUSED_GATE;
    if (!gate->keyed || !mac_verifies(&gate->mac, payload, size)) return REFUSED_MAC;
    if (payload[0] == 'H' && size == HELLO_SIZE) return greet(gate, payload + HEAD);
    if (payload[0] == 'W' && size == WANT_SIZE) return obey(gate, payload + HEAD);
    if (payload[0] == 'V' && size == SERVICE_SIZE) return serve(gate, payload + HEAD);
    return REFUSED_MALFORMED;
}

void line_hear(struct gate *gate, const uint8_t *payload, uint8_t size) {
    gate->refusal = hear(gate, payload, size);
}

/* --- say ------------------------------------------------------------------------------------------------------------ */

static uint8_t *put_head(uint8_t *at, const struct gate *gate, char type) {
    at = put8(put8(at, (uint8_t)type), VERSION);
    at = put16(at, gate->site.gate);
    return put32(put32(at, gate->session.start), gate->session.count);
}

static uint8_t seal(const struct gate *gate, uint8_t *payload, const uint8_t *end) {
    uint8_t tag[BLOCK] = {0}, size = (uint8_t)(end - payload);
    if (gate->keyed) mac_tag(&gate->mac, payload, size, tag);
    memcpy(payload + size, tag, MAC_SIZE);
    return size + MAC_SIZE;
}

static uint8_t welcome(struct gate *gate, uint8_t *payload) {
    uint8_t *at = put_head(payload, gate, 'C');
    at = put32(at, session_issue(&gate->session, gate->now_ms));
    memcpy(at, gate->nonce, sizeof gate->nonce);
    at = put8(put8(at + sizeof gate->nonce, FIRMWARE_MAJOR), FIRMWARE_MINOR);
    at = put8(at, gate->fail_mode);
    at = put8(at, (uint8_t)(gate->site.opens_ms / 100));
    at = put8(at, (uint8_t)(gate->site.travel_ms / 10));
    gate->welcome = false;
    return seal(gate, payload, at);
}

static uint8_t flags(const struct gate *gate) {
    uint8_t flags = gate->pins & (PIN_ENTRY | PIN_EXIT | PIN_PRESENCE_A | PIN_PRESENCE_B) ? FLAG_PRESENCE : 0;
    if (gate->session.safe) flags |= FLAG_SAFE;
    if (gate_alarm(gate)) flags |= FLAG_ALARM;
    if (gate->emergency) flags |= FLAG_EMERGENCY;
    if (gate->release.on) flags |= FLAG_RELEASE;
    if (gate->service_mode) flags |= FLAG_SERVICE;
    if (gate->memory.commissioned) flags |= FLAG_COMMISSIONED;
    if (gate->grant) flags |= FLAG_GRANTED;
    return flags;
}

/* Without poll number and uptime; both are 0. */
static uint8_t *put_status(uint8_t *payload, const struct gate *gate) {
    uint8_t *at = put_head(payload, gate, 'S');
    at = put32(put32(put32(at, gate->session.sequence), 0), gate->last_grant);
    at = put8(put8(put8(at, gate_position(gate)), gate->lamp), flags(gate));
    at = put8(put16(at, gate->faults), gate->refusal);
    at = put16(put16(put16(at, gate->passage.forward), gate->passage.reverse), gate->passage.doubtful);
    return put32(at, 0);
}

uint8_t line_say(struct gate *gate, uint8_t payload[MAX_PAYLOAD]) {
    uint32_t quiet_ms = gate->now_ms - gate->said_ms;
    if (gate->welcome) return welcome(gate, payload);
    uint8_t *end = put_status(payload, gate);
    bool changed = quiet_ms >= CHANGE_MS && memcmp(payload, gate->said, CONTENT_SIZE) != 0;
    if (!gate->answer && !changed && quiet_ms < BEACON_MS) return 0;
    gate->answer = false;
    gate->said_ms = gate->now_ms;
    memcpy(gate->said, payload, CONTENT_SIZE);
    put32(payload + POLL_AT, session_issue(&gate->session, gate->now_ms));
    put32(end - 4, gate->now_ms - gate->started_ms);
    return seal(gate, payload, end);
}
