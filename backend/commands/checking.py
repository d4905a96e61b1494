"""What `limen-tvs manifest check` prints: the messages of a file and every finding, as JSON or as tables."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from backend.manifests.findings import Finding, Unusable
from backend.manifests.messages import Leg, Message, Person
from backend.manifests.parts import assemble, incomplete
from backend.manifests.paxlst import parse


@dataclass(frozen=True, slots=True)
class Checked:
    """readable: False where nothing of the file can be used; the finding says why."""

    messages: tuple[Message, ...]
    findings: tuple[Finding, ...]
    readable: bool

    @property
    def exit_code(self) -> int:
        if not self.readable:
            return 2
        return 1 if self.findings else 0


def check(content: bytes) -> Checked:
    try:
        manifest = parse(content)
    except Unusable as error:
        return Checked((), (error.finding,), readable=False)
    parts = [incomplete(assemble([message])) for message in manifest.messages if message.part]
    findings = sorted((*manifest.findings, *parts), key=lambda one: one.position)
    return Checked(manifest.messages, tuple(findings), readable=True)


def check_file(read: Callable[[Path], bytes], file: Path) -> Checked:
    """As `check`; a file that cannot be opened is one that cannot be read."""
    try:
        return check(read(file))
    except OSError as error:
        return Checked((), (Finding("UNB", 0, 0, f"the file cannot be opened: {error.strerror}"),), readable=False)


def as_json(checked: Checked) -> str:
    told = {
        "ok": checked.readable and not checked.findings,
        "messages": [_message(message) for message in checked.messages],
        "findings": [
            {"segment": one.segment, "position": one.position, "problem": one.problem} for one in checked.findings
        ],
    }
    return json.dumps(told, ensure_ascii=False)


def _message(message: Message) -> dict[str, object]:
    return {
        "function": message.function.value,
        "legs": [_leg(leg) for leg in message.legs],
        "travelers": [_traveler(one) for one in message.travelers],
    }


def _leg(leg: Leg) -> dict[str, str]:
    return {
        "carrier": leg.carrier,
        "number": leg.number,
        "from": leg.departure_port,
        "to": leg.arrival_port,
        "departure": leg.departure,
        "arrival": leg.arrival,
    }


def _traveler(one: Person) -> dict[str, object]:
    return {
        "surname": one.surname,
        "given": one.given,
        "sex": one.sex,
        "birth": one.birth.isoformat() if one.birth else "",
        "nationality": one.nationality,
        "crew": one.role.crew,
        "locator": one.locator,
        "seat": one.seat,
        "documents": [
            {
                "type": document.type,
                "number": document.number,
                "issuer": document.issuer,
                "expiry": document.expiry.isoformat() if document.expiry else "",
            }
            for document in one.documents
        ],
    }


def show(checked: Checked) -> None:
    """For people."""
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for message in checked.messages:
        for leg in message.legs:
            times = f"{leg.departure or '?'} … {leg.arrival or '?'}"
            told = f"{message.function}: {leg.name} {leg.departure_port} to {leg.arrival_port}, {times}"
            console.print(_plain(told))
        console.print(_people(message))
    if checked.findings:
        console.print(_findings(checked.findings))
    console.print("nothing found wrong" if not checked.findings else f"{len(checked.findings)} findings")


def _people(message: Message) -> Table:
    table = Table("surname", "given", "sex", "birth", "nationality", "crew", "seat", "documents")
    for one in message.travelers:
        papers = ", ".join(f"{d.type} {d.number} {d.issuer}" for d in one.documents)
        birth, crew = str(one.birth or ""), "crew" if one.role.crew else ""
        row = (one.surname, one.given, one.sex, birth, one.nationality, crew, one.seat, papers)
        table.add_row(*map(_plain, row))
    return table


def _findings(findings: tuple[Finding, ...]) -> Table:
    table = Table("segment", "position", "line", "problem")
    for one in findings:
        table.add_row(_plain(one.segment), str(one.position), str(one.line), _plain(one.problem))
    return table


def _plain(text: str) -> str:
    """Nothing in a file may command a terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)
