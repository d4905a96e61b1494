"""Numato boards: lines of ASCII, each echoed and followed by the answer and a prompt."""

from hardware.relays.boards import Answer, AskInputs, AskRelay, Flash, Question, Trouble, Turn

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
PROMPT = b">"
_LONGEST = 64  # bytes; more than any exchange
_STATES = {b"on": 1, b"1": 1, b"off": 0, b"0": 0}


class Numato:
    """`relay on n`, `relay read n`, `gpio read n`, each ended by a carriage return.  Relays and inputs count from 0."""

    answers, confirms, flashes, senses = True, True, False, True

    def __init__(self, channel: int) -> None:
        if not 0 <= channel < len(DIGITS):
            raise ValueError(f"a Numato relay is 0..{len(DIGITS) - 1}, got {channel}")
        self._channel = DIGITS[channel]

    def questions(self, numbers: frozenset[int]) -> tuple[AskInputs, ...]:
        return tuple(AskInputs(number, 1) for number in sorted(numbers))

    def ask(self, question: Question) -> bytes:
        match question:
            case Turn(on):
                words = f"relay {'on' if on else 'off'} {self._channel}"
            case AskRelay():
                words = f"relay read {self._channel}"
            case AskInputs(first, _):
                words = f"gpio read {DIGITS[first]}"
            case Flash():
                raise ValueError("a Numato board cannot end a pulse by itself")
        return words.encode() + b"\r"

    def read(self, question: Question, heard: bytes) -> Answer | Trouble | None:
        """Its echo is part of its answer; an echo that no prompt follows is found out by waiting."""
        said = self.ask(question).rstrip()
        if not heard.rstrip().endswith(PROMPT):
            printable = all(32 <= byte < 127 or byte in b"\r\n" for byte in heard)
            return None if printable and len(heard) <= _LONGEST else Trouble.GARBAGE
        lines = [line.strip() for line in heard.replace(b"\r", b"\n").split(b"\n")]
        words = [line for line in lines if line and line != PROMPT]
        if said not in words:
            return Trouble.GARBAGE
        results = words[words.index(said) + 1 :]
        if isinstance(question, Turn):
            return Trouble.REFUSED if results else Answer()
        return Answer(_STATES[results[0]]) if results and results[0] in _STATES else Trouble.REFUSED
