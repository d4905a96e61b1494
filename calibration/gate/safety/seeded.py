"""Faults put on purpose into the firmware's C sources: an observer that finds none of them proves nothing."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from hardware.gate.firmware import build


@dataclass(frozen=True, slots=True)
class Seeded:
    """In `file`, the words `old` become `new`.  rules: one of them is broken by that."""

    name: str
    rules: tuple[str, ...]
    file: str
    old: str
    new: str


SEEDED = (
    Seeded("any tag is taken", ("G1",), "line.c", "!gate->keyed || !mac_verifies(&gate->mac, payload, size)", "false"),
    Seeded("any gate is taken", ("G1", "G5"), "line.c", "get16(payload + 2) != gate->site.gate", "false"),
    Seeded("any epoch is taken", ("G1", "G5"), "session.c", "!session->greeted || !current", "current && false"),
    Seeded("sequences may repeat", ("G1",), "session.c", "get32(message + 8) <= session->sequence", "false"),
    Seeded("polls do not age", ("G1",), "session.c", "<= POLL_AGE_MS", "<= 10 * POLL_AGE_MS"),
    Seeded("a number opens twice", ("G1", "G2"), "line.c", "grant <= gate->last_grant", "grant < gate->last_grant"),
    Seeded("the longest opening is forgotten", ("G3",), "controller.c", "|| over || lapsed",
           "|| (over && lapsed) || lapsed"),
    Seeded("the lease is forgotten", ("G3", "G5"), "controller.c", "|| over || lapsed", "|| over || (over && lapsed)"),
    Seeded("no alarm", ("G3",), "controller.c", "return gate->leaf.wanted && !excused", "return false && !excused"),
    Seeded("fire is not latched", ("G4",), "controller.c", "if (gate->fire.on) gate->emergency = true;",
           "gate->emergency = gate->fire.on;"),
    Seeded("fire is forgotten by a reset", ("G4",), "memory.c", "*emergency = !none && record[0];",
           "*emergency = false;"),
    Seeded("fire waits for the leaf", ("G4",), "controller.c", ".reason = gate->emergency ||",
           ".reason = (gate->emergency && gate->leaf.rests) ||"),
    Seeded("the dead man lives", ("G5",), "session.c", ">= SILENCE_MS", ">= 2 * SILENCE_MS"),
    Seeded("silence keeps the epoch", ("G1", "G5"), "session.c", "    session->count++;\n", ""),
    Seeded("closes on people", ("G7",), "leaf.c", "if (leaf->wanted) return cause->occupied;",
           "if (leaf->wanted) return false;"),
    Seeded("closes at once behind people", ("G7",), "controller.c", "< CLEAR_MS", "< CLEAR_MS / 2"),
    Seeded("a torn presence wire is nobody", ("G7", "G8"), "controller.c",
           "(PIN_ENTRY | PIN_EXIT | PIN_PRESENCE_A | PIN_PRESENCE_B)", "(PIN_ENTRY | PIN_EXIT | PIN_PRESENCE_A)"),
    Seeded("goes on closing on people", ("G7",), "leaf.c", "cause->occupied && (cause->in_time || leaf->seen)",
           "false"),
    Seeded("a stuck relay is not seen", ("G8",), "supervision.c", "if (!coil) return FAULT_RELAY_STUCK;",
           "if (!coil) return 0;"),
    Seeded("faults heal by themselves", ("G8",), "controller.c", "gate->faults |= found;", "gate->faults = found;"),
    Seeded("faults are forgotten by a reset", ("G8",), "memory.c", "*faults = !none && holds ? get16(record + 1) : 0;",
           "*faults = 0;"),
    Seeded("faults bar nothing", ("G8",), "controller.c", "return gate->faults || gate->emergency",
           "return gate->emergency"),
    Seeded("a new key needs nobody", ("G2", "G8"), "controller.c", " || !gate->memory.commissioned;", ";"),
    Seeded("green while moving", ("G15",), "controller.c", "gate_position(gate) == 2", "gate_position(gate) >= 1"),
    Seeded("green without a grant", ("G15",), "controller.c", "!(gate->grant && gate_position(gate) == 2)",
           "gate_position(gate) != 2"),
    Seeded("opens when it starts", ("G1",), "leaf.c", "leaf->holding = leaf->wanted = hold && !leaf->rests;",
           "leaf->holding = leaf->wanted = hold || leaf->rests;"),
)  # fmt: skip


def library(seeded: Seeded, into: Path = build.MADE) -> Path:
    """The controller for this machine with this fault; built once."""
    mark = hashlib.sha256(repr(seeded).encode()).hexdigest()[:12]
    folder = into / "seeded" / mark
    sources = folder / "sources"
    sources.mkdir(parents=True, exist_ok=True)
    for original in sorted((*build.SOURCES.glob("*.c"), *build.SOURCES.glob("*.h"))):
        copy = sources / original.name
        if not copy.exists() or copy.stat().st_mtime_ns != original.stat().st_mtime_ns:
            shutil.copy2(original, copy)
            if original.name == seeded.file:
                _plant(seeded, copy)
    return build.native(sources, folder)


def _plant(seeded: Seeded, copy: Path) -> None:
    text, stamp = copy.read_text(), copy.stat()
    if seeded.old not in text:
        raise ValueError(f"{seeded.name}: {seeded.file} has no words {seeded.old!r} any more; follow the sources")
    copy.write_text(text.replace(seeded.old, seeded.new))
    os.utime(copy, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
