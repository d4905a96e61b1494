#include "session.h"

#include "bytes.h"

void session_start(struct session *session, uint32_t start) {
    *session = (struct session){.start = start, .safe = true};
}

void session_end(struct session *session) {
    session->count++;
    session->safe = true;
    session->greeted = false;
    session->sequence = 0;
}

void session_greet(struct session *session) {
    session_end(session);
    session->greeted = true;
}

uint32_t session_issue(struct session *session, uint32_t now_ms) {
    session->poll++;
    session->polled_ms[session->poll % KEPT_POLLS] = now_ms;
    return session->poll;
}

static bool fresh(const struct session *session, uint32_t now_ms, uint32_t poll) {
    bool known = poll > 0 && poll <= session->poll && session->poll - poll < KEPT_POLLS;
    return known && now_ms - session->polled_ms[poll % KEPT_POLLS] <= POLL_AGE_MS;
}

uint8_t session_refusal(const struct session *session, uint32_t now_ms, const uint8_t *message) {
    bool current = get32(message) == session->start && get32(message + 4) == session->count;
    if (!session->greeted || !current) return REFUSED_EPOCH;
    if (get32(message + 8) <= session->sequence) return REFUSED_SEQUENCE;
    return fresh(session, now_ms, get32(message + 12)) ? REFUSED_NONE : REFUSED_POLL;
}

void session_hear(struct session *session, uint32_t now_ms) {
    session->heard_ms = now_ms;
    session->safe = false;
}

bool session_silent(const struct session *session, uint32_t now_ms) {
    return !session->safe && now_ms - session->heard_ms >= SILENCE_MS;
}
