/* Who may speak to the controller, and what is fresh: epochs, sequence, polls.  PROTOCOL.md, section 4, rules 1 to 3. */
#ifndef LIMEN_SESSION_H
#define LIMEN_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"

struct session {
    uint32_t start, count; /* the epoch */
    uint32_t sequence, poll, heard_ms;
    uint32_t polled_ms[KEPT_POLLS];
    bool greeted, safe;
};

/* start: number of this start of the controller. */
void session_start(struct session *session, uint32_t start);

/* A Hello: a new epoch that a Want can end. */
void session_greet(struct session *session);

/* Safe: a new epoch that only a Hello goes on from. */
void session_end(struct session *session);

/* The next poll number. */
uint32_t session_issue(struct session *session, uint32_t now_ms);

/* REFUSED_NONE if a message with this epoch, sequence and poll, as they stand in it, is of this session, new and fresh. */
uint8_t session_refusal(const struct session *session, uint32_t now_ms, const uint8_t *message);

/* A Want is obeyed. */
void session_hear(struct session *session, uint32_t now_ms);
bool session_silent(const struct session *session, uint32_t now_ms);

#endif
