#include "controller.h"

#include <string.h>

#define SENSED (PIN_ENTRY | PIN_EXIT | PIN_PRESENCE_A | PIN_PRESENCE_B)

/* --- start ---------------------------------------------------------------------------------------------------------- */

static void start_site(struct gate *gate, uint16_t pins) {
    bool unfit = false;
    if (!memory_latched(&gate->memory, &gate->emergency, &gate->faults)) gate->faults = FAULT_MEMORY;
    gate->fail_mode = leaf_strapped(pins, &unfit);
    if (unfit) gate->faults |= FAULT_STRAPS;
    gate->keyed = memory_site(&gate->memory, &gate->site);
    if (gate->keyed) {
        mac_start(&gate->mac, gate->site.key);
    } else {
        gate->site = (struct site){.opens_ms = OPEN_MOST_MS, .travel_ms = TRAVEL_MOST_MS};
        gate->faults |= FAULT_UNPROVISIONED;
    }
}

static void start_session(struct gate *gate) {
    uint32_t start = memory_begin(&gate->memory);
    if (start == 0) gate->faults |= FAULT_MEMORY;
    session_start(&gate->session, start);
}

void gate_start(struct gate *gate, uint32_t now_ms, const uint8_t *memory, uint16_t pins) {
    *gate = (struct gate){.pins = pins, .answer = true, .now_ms = now_ms, .started_ms = now_ms};
    gate->clear_ms = now_ms - CLEAR_MS; /* nobody was sensed before the start */
    gate->lamp_ms = gate->said_ms = gate->granted_ms = gate->leased_ms = now_ms;
    memory_start(&gate->memory, memory);
    start_site(gate, pins);
    start_session(gate);
    leaf_start(&gate->leaf, now_ms, pins, gate->fail_mode == FAIL_HOLD);
    supervision_start(&gate->supervision, now_ms, gate->site.travel_ms);
    passage_start(&gate->passage);
    debounced_start(&gate->fire, now_ms, FIRE_MS, false);
    debounced_start(&gate->release, now_ms, SWITCH_MS, false);
    debounced_start(&gate->service, now_ms, SWITCH_MS, pins & PIN_SERVICE);
}

/* --- one millisecond ------------------------------------------------------------------------------------------------ */

static void sense_switches(struct gate *gate) {
    debounced_sense(&gate->fire, gate->now_ms, gate->pins & PIN_FIRE);
    debounced_sense(&gate->release, gate->now_ms, gate->pins & PIN_RELEASE);
    if (debounced_sense(&gate->service, gate->now_ms, gate->pins & PIN_SERVICE)) {
        gate->service_mode = true;
        gate->service_ms = gate->now_ms;
        gate->leaf.holding = false;
        if (!gate->fire.on && !(gate->pins & PIN_FIRE)) gate->emergency = false;
    }
    if (!gate->service.on || gate->now_ms - gate->service_ms >= SERVICE_MS) gate->service_mode = false;
    if (gate->fire.on) gate->emergency = true;
}

bool gate_barred(const struct gate *gate) {
    return gate->faults || gate->emergency || gate->service_mode || !gate->memory.commissioned;
}

/* What ends a grant without the host's doing. */
static void expire(struct gate *gate) {
    if (session_silent(&gate->session, gate->now_ms)) session_end(&gate->session);
    bool over = gate->now_ms - gate->granted_ms >= gate->site.opens_ms;
    bool lapsed = gate->now_ms - gate->leased_ms >= gate->lease_ms;
    if (gate->session.safe || gate_barred(gate) || over || lapsed) gate->grant = 0;
}

/* The leaf is closed after a grant: did people come through the way the beams are mounted? */
static void settle(struct gate *gate) {
    gate->watched = false;
    if (gate->passage.forward != gate->forward_before)
        gate->backward = 0;
    else if (gate->passage.reverse != gate->reverse_before)
        gate->backward++;
    if (gate->backward < SWAPPED_GRANTS) return;
    gate->backward = 0;
    gate->faults |= FAULT_BEAMS_SWAPPED;
}

static void move(struct gate *gate) {
    struct cause cause = {
        .reason = gate->emergency || gate->release.on || gate->grant,
        .occupied = gate->now_ms - gate->clear_ms < CLEAR_MS,
        .in_time = !supervision_overdue(&gate->supervision, gate->now_ms),
    };
    if (leaf_move(&gate->leaf, gate->now_ms, &cause, gate->pins & PIN_LEAF_CLOSED))
        supervision_turned(&gate->supervision, gate->now_ms);
    if (gate->leaf.rests && gate->watched) settle(gate);
}

static bool coil(const struct gate *gate) { return gate->leaf.wanted != (gate->fail_mode == FAIL_SAFE); }

static void supervise(struct gate *gate) {
    uint16_t found = supervision_look(&gate->supervision, gate->now_ms, gate->pins, &gate->leaf, coil(gate));
    if (gate->faults & FAULT_NOT_CLOSED) found &= (uint16_t)~FAULT_FORCED; /* it never was closed */
    if ((found & FAULT_NOT_CLOSED) && !gate->leaf.seen) gate->leaf.rests = true;
    gate->faults |= found;
    if (gate->faults) gate->grant = 0;
    memory_latch(&gate->memory, gate->emergency, gate->faults & (uint16_t)~FAULTS_STANDING);
}

/* --- lights --------------------------------------------------------------------------------------------------------- */

static const struct {
    uint8_t red, amber, green, agent, buzzer, chirp;
} PATTERNS[LAMPS] = LAMPS_TABLE;

uint8_t gate_position(const struct gate *gate) {
    bool closed = gate->pins & PIN_LEAF_CLOSED, open = gate->pins & PIN_LEAF_OPEN;
    return closed == open ? 1 : open ? 2 : 0;
}

bool gate_alarm(const struct gate *gate) {
    bool excused = gate->emergency || gate->leaf.holding;
    return gate->leaf.wanted && !excused && gate->now_ms - gate->leaf.opened_ms >= gate->site.opens_ms;
}

static uint8_t shown(const struct gate *gate) {
    if (gate->emergency) return LAMP_EMERGENCY;
    if (gate_alarm(gate)) return LAMP_HELD; /* before a fault: it sounds */
    if (gate->faults) return LAMP_FAULT;
    if (gate->session.safe || gate->service_mode) return LAMP_SEE_AGENT;
    if (gate->lamp_wish == LAMP_GO && !(gate->grant && gate_position(gate) == 2)) return LAMP_LOOKING;
    return gate->lamp_wish;
}

static void light(struct gate *gate) {
    uint8_t lamp = shown(gate);
    if (lamp == gate->lamp) return;
    gate->lamp = lamp;
    gate->lamp_ms = gate->now_ms;
}

uint8_t gate_drive(const struct gate *gate) {
    uint32_t lit_ms = gate->now_ms - gate->lamp_ms;
    uint8_t bit = 0x80 >> (lit_ms / PHASE_MS % 8), lamp = gate->lamp;
    bool silent = PATTERNS[lamp].chirp && lit_ms >= 8 * PHASE_MS;
    uint8_t drive = coil(gate) ? DRIVE_RELAY : 0;
    if (PATTERNS[lamp].red & bit) drive |= DRIVE_RED;
    if (PATTERNS[lamp].amber & bit) drive |= DRIVE_AMBER;
    if (PATTERNS[lamp].green & bit) drive |= DRIVE_GREEN;
    if (PATTERNS[lamp].agent & bit) drive |= DRIVE_AGENT;
    if (PATTERNS[lamp].buzzer & bit && !silent) drive |= DRIVE_BUZZER;
    return drive;
}

void gate_tick(struct gate *gate, uint32_t now_ms, uint16_t pins) {
    gate->now_ms = now_ms;
    gate->pins = pins;
    gate->started = gate->started || memory_settled(&gate->memory);
    sense_switches(gate);
    passage_sense(&gate->passage, now_ms, pins & PIN_ENTRY, pins & PIN_EXIT, pins & (PIN_PRESENCE_A | PIN_PRESENCE_B));
    if (pins & SENSED) gate->clear_ms = now_ms;
    expire(gate);
    move(gate);
    supervise(gate);
    light(gate);
}
