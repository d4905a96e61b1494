"""What relay boards say and hear, without any line: a question to bytes, bytes to an answer."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Turn:
    """Switch the door's relay."""

    on: bool


@dataclass(frozen=True, slots=True)
class Flash:
    """Switch the door's relay on; the board itself switches it off after `for_ms`."""

    for_ms: int


@dataclass(frozen=True, slots=True)
class AskRelay:
    """Whether the door's relay is on."""


@dataclass(frozen=True, slots=True)
class AskInputs:
    """Inputs from `first` on."""

    first: int
    count: int


Question = Turn | Flash | AskRelay | AskInputs


@dataclass(frozen=True, slots=True)
class Answer:
    """bits: what was asked for, the lowest bit first; for a command only that it was taken."""

    bits: int = 0


class Trouble(Enum):
    """What a board can do instead of answering."""

    SILENT = auto()
    ECHO = auto()
    GARBAGE = auto()
    REFUSED = auto()


class Board(Protocol):
    """One kind of board with the door's relay chosen.  `None` from `read`: not all has arrived yet."""

    answers: bool
    """Whether it answers at all.  One that does is asked, one that does not is told again and again."""
    confirms: bool
    """Whether switching itself is answered, so that silence after it is trouble."""
    flashes: bool
    """Whether it can end a pulse by itself."""
    senses: bool
    """Whether it has inputs."""

    def questions(self, numbers: frozenset[int]) -> tuple[AskInputs, ...]:
        """The fewest questions that tell these inputs."""

    def ask(self, question: Question) -> bytes: ...

    def read(self, question: Question, heard: bytes) -> Answer | Trouble | None: ...
