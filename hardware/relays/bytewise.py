"""Boards with a few fixed bytes: LCUS (CH340), which never answers, and KMTronic, which can be asked."""

from hardware.relays.boards import Answer, AskInputs, AskRelay, Flash, Question, Trouble, Turn

LCUS_START, KMTRONIC_START = 0xA0, 0xFF
KMTRONIC_ASK = bytes((KMTRONIC_START, 0x09, 0x00))
KMTRONIC_RELAYS = (4, 8)


class Lcus:
    """`A0 nn ss cc`: relay from 1, 0 or 1, sum of the three modulo 256.  9600 baud."""

    answers = confirms = flashes = senses = False

    def __init__(self, channel: int) -> None:
        self._channel = channel

    def questions(self, numbers: frozenset[int]) -> tuple[AskInputs, ...]:
        return ()

    def ask(self, question: Question) -> bytes:
        match question:
            case Turn(on):
                said = (LCUS_START, self._channel, int(on))
                return bytes((*said, sum(said) % 256))
            case Flash() | AskRelay() | AskInputs():
                raise ValueError(f"an LCUS board cannot be asked {question}")

    def read(self, question: Question, heard: bytes) -> Answer | Trouble | None:
        """Nothing ever arrives from such a board; what does is an echo, or another device."""
        if not heard:
            return None
        return Trouble.ECHO if heard.startswith(self.ask(question)) else Trouble.GARBAGE


class Kmtronic:
    """`FF nn ss` switches relay nn, from 1, without an answer; `FF 09 00` asks for all.  9600 baud."""

    answers, confirms, flashes, senses = True, False, False, False

    def __init__(self, channel: int, relays: int) -> None:
        if relays not in KMTRONIC_RELAYS or not 1 <= channel <= relays:
            raise ValueError(f"a KMTronic board has 4 or 8 relays, counted from 1; got relay {channel} of {relays}")
        self._channel, self._relays = channel, relays

    def questions(self, numbers: frozenset[int]) -> tuple[AskInputs, ...]:
        return ()

    def ask(self, question: Question) -> bytes:
        match question:
            case Turn(on):
                return bytes((KMTRONIC_START, self._channel, int(on)))
            case AskRelay():
                return KMTRONIC_ASK
            case Flash() | AskInputs():
                raise ValueError(f"a KMTronic board cannot be asked {question}")

    def read(self, question: Question, heard: bytes) -> Answer | Trouble | None:
        if heard.startswith(self.ask(question)):
            return Trouble.ECHO
        if any(byte > 1 for byte in heard) or len(heard) > self._relays:
            return None if self.ask(question).startswith(heard) else Trouble.GARBAGE
        if isinstance(question, Turn):
            return Trouble.GARBAGE if heard else None
        return Answer(heard[self._channel - 1]) if len(heard) == self._relays else None
