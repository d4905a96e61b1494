"""Messages in several parts: put together in any order, refused where they exclude each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from backend.manifests.findings import Contradiction, Finding
from backend.manifests.messages import Message, Role

MOST_PARTS = 99


@dataclass(frozen=True, slots=True)
class Assembled:
    """message: of the parts there are.  missing: how many are not there, at least; 0 means whole."""

    message: Message
    missing: int


def name(part: Message) -> str:
    """What the parts of one message have in common: the access reference, without one the journey."""
    told = part.part.reference if part.part else ""
    return told or next((leg.key for leg in part.legs if leg.key), "")


def assemble(parts: Sequence[Message]) -> Assembled:
    """Parts of one message, at least one.  Raises Contradiction."""
    by_number: dict[int, Message] = {}
    for one in parts:
        number = one.part.number if one.part else 1
        if number > MOST_PARTS:
            raise Contradiction(_at(one, f"part {number}; at most {MOST_PARTS}"))
        if by_number.setdefault(number, one) != one:
            raise Contradiction(_at(one, f"part {number} was sent before with another content"))
    lasts = [one for one in by_number.values() if one.part and one.part.last]
    if len(lasts) > 1:
        raise Contradiction(_at(lasts[-1], "two parts say they are the last"))
    last = lasts[0].part.number if lasts and lasts[0].part else 0
    if last and max(by_number) > last:
        raise Contradiction(_at(by_number[max(by_number)], f"part {max(by_number)} of {last}"))
    ordered = [by_number[number] for number in sorted(by_number)]
    known = last or max(by_number) + 1
    return Assembled(_together(ordered), known - len(ordered))


def joined(messages: Iterable[Message], found: list[Finding]) -> list[Message]:
    """Whole messages as they are, parts put together by name; what is missing and miscounted is reported."""
    groups: dict[str | int, list[Message]] = {}
    for at, message in enumerate(messages):
        groups.setdefault(name(message) if message.part else at, []).append(message)
    read = []
    for parts in groups.values():
        whole = assemble(parts) if parts[0].part else Assembled(parts[0], 0)
        if not whole.missing:
            found += miscounted(whole.message)
        read.append(replace(whole.message, part=parts[0].part if whole.missing else None))
    return read


def incomplete(together: Assembled) -> Finding:
    return _at(together.message, f"in several parts, of which at least {together.missing} more must come")


def miscounted(message: Message) -> list[Finding]:
    """Real files disagree with themselves: say so, take the people."""
    roles = [one.role for one in message.travelers]
    found = []
    for count in message.counts:
        own, transit = (Role.CREW, Role.TRANSIT_CREW) if count.crew else (Role.PASSENGER, Role.TRANSIT)
        there = roles.count(own), roles.count(own) + roles.count(transit)
        if count.value.lstrip("0") not in {str(number) for number in there} - {"0"} | ({""} if 0 in there else set()):
            problem = f"says {count.value[:9] or 'nothing'} of {own.value}, {there[1]} found"
            found.append(replace(count.where, problem=problem))
    return found


def _together(parts: Sequence[Message]) -> Message:
    first = parts[0]
    for one in parts[1:]:
        if [leg.key for leg in one.legs] != [leg.key for leg in first.legs] or one.function != first.function:
            raise Contradiction(_at(one, "a part of another journey, or for another purpose, than the first"))
    if len(parts) == 1:
        return first
    travelers = tuple(person for one in parts for person in one.travelers)
    return replace(first, travelers=travelers, counts=tuple(count for one in parts for count in one.counts))


def _at(part: Message, problem: str) -> Finding:
    return replace(part.where, problem=problem)
