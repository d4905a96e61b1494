/* What the controller hears and says.  PROTOCOL.md, sections 3 to 6. */
#ifndef LIMEN_LINE_H
#define LIMEN_LINE_H

#include "controller.h"

/* Take one payload from the line: obey it, or keep why not. */
void line_hear(struct gate *gate, const uint8_t *payload, uint8_t size);

/* The next payload for the line; its size, 0 if there is none now. */
uint8_t line_say(struct gate *gate, uint8_t payload[MAX_PAYLOAD]);

#endif
