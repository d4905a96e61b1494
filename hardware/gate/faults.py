"""Every fault of the gate and of its line: a code of its own, and what the technician should check."""

from hardware.door import Fault
from hardware.gate.limits import Faults, Refusal

CONTROLLER: dict[Faults, Fault] = {
    Faults.RELAY_STUCK: Fault("relay_stuck", "the relay stays energised: replace it before the gate is used again"),
    Faults.RELAY_DEAD: Fault(
        "relay_dead", "the relay does not pull: its coil, its supply, the controller's output PD2"
    ),
    Faults.FEEDBACK_CUT: Fault(
        "feedback_cut", "the leaf moves but the relay's mirror contact says nothing: wire to PD3"
    ),
    Faults.FORCED: Fault(
        "forced", "the leaf left its closed contact by itself: forced by hand, or the contact at PD4 is loose"
    ),
    Faults.NOT_OPENED: Fault("not_opened", "the leaf did not arrive open: blocked, motor, or the contact at PD5"),
    Faults.NOT_CLOSED: Fault(
        "not_closed", "the leaf did not arrive closed with nobody in its way: blocked, or contact PD4"
    ),
    Faults.CONTACTS: Fault("contacts", "closed and open contact at once: a short between the wires to PD4 and PD5"),
    Faults.PRESENCE: Fault(
        "presence", "the two presence channels contradict each other: wires to PB0 and PB1, the sensor"
    ),
    Faults.BEAMS_SWAPPED: Fault(
        "beams_swapped", "everybody seems to walk backwards: exchange the beams at PD6 and PD7"
    ),
    Faults.STRAPS: Fault(
        "straps", "fail mode hold on an escape route, or both straps set: set PC0, PC1, PC2 and restart"
    ),
    Faults.MEMORY: Fault(
        "memory",
        "its memory contradicts itself: reset it; if that fails, write a new key's image, never the old one",
    ),
    Faults.UNPROVISIONED: Fault("unprovisioned", "the controller has no key of its own: write one with a programmer"),
}

NO_ANSWER = Fault("no_answer", "nothing is heard: the controller's power, the cable, receive and transmit exchanged")
NOISE = Fault("noise", "bytes but no frames: baud rate (115,200), ground wire, a device of another kind on this port")
HALF_FRAMES = Fault("half_frames", "frames stop half-way: a loose plug, or a converter that loses bytes")
ECHO = Fault(
    "echo", "only our own frames come back: receive and transmit are joined, or a half-duplex converter echoes"
)
OTHER_VERSION = Fault(
    "other_version", "the controller speaks another version of the protocol: load this release's firmware"
)
OTHER_GATE = Fault(
    "other_gate", "the controller of another gate answers: cable in the wrong cabinet, or the id in the settings"
)
WRONG_KEY = Fault(
    "wrong_key", "this gate answers under another key: the key file of the host and the controller's differ"
)
NO_WELCOME = Fault(
    "no_welcome", "the controller speaks but accepts no session: it may still be starting; else its memory"
)
SLOW = Fault("slow", "answers come late: a network converter or another program on the line")
NOT_COMMISSIONED = Fault(
    "not_commissioned", "a new key: turn the service switch on and run `python -m hardware commission`"
)
BEHIND = Fault("behind", "the controller refuses our messages as stale or out of order: another program on the line")
EMERGENCY = Fault("emergency", "fire input: when it has cleared, turn the service switch on to close the gate again")
RELEASE = Fault(
    "release", "the officer's release is pressed; if by nobody, its button is stuck or the wire to PB3 shorted"
)
BLOCKED = Fault(
    "lane_blocked",
    "somebody or something is sensed at the closed leaf all the time: clear the lane, the beams, their wires",
)
SERVICE_MODE = Fault("service_mode", "the service switch is on: no grants until it is off")

REFUSED: dict[Refusal, Fault] = {
    Refusal.MAC: WRONG_KEY,
    Refusal.GATE: OTHER_GATE,
    Refusal.VERSION: OTHER_VERSION,
    Refusal.SEQUENCE: BEHIND,
    Refusal.POLL: SLOW,
}


def of_controller(bits: int) -> tuple[Fault, ...]:
    return tuple(fault for bit, fault in CONTROLLER.items() if bits & bit)
