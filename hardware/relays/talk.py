"""One question at a time to a relay board, over a port that never waits."""

from dataclasses import dataclass

from hardware.port import Port
from hardware.relays.boards import Answer, Board, Question, Trouble, Turn

ANSWER_S = 0.3  # for an answer, at 9600 baud and through a USB adapter's own delays
QUIET_S = 0.04  # how long to listen for an echo where no answer is due


@dataclass(frozen=True, slots=True)
class Heard:
    question: Question
    what: Answer | Trouble


class Talk:
    def __init__(self, port: Port, board: Board) -> None:
        self._port, self._board = port, board
        self._question: Question | None = None
        self._asked_s = 0.0
        self._heard = b""

    @property
    def free(self) -> bool:
        return self._question is None

    def ask(self, question: Question, now_s: float) -> None:
        """What still arrives of an earlier answer is dropped.  Raises PortClosed."""
        self._port.read()
        self._port.write(self._board.ask(question))
        self._question, self._asked_s, self._heard = question, now_s, b""

    def listen(self, now_s: float) -> Heard | None:
        """What became of the question, once that is known.  Raises PortClosed."""
        if self._question is None:
            return None
        self._heard += self._port.read()
        what = self._board.read(self._question, self._heard) if self._heard else None
        what = what or self._late(self._question, now_s - self._asked_s)
        if what is None:
            return None
        heard, self._question = Heard(self._question, what), None
        return heard

    def close(self) -> None:
        self._port.close()

    def _late(self, question: Question, waited_s: float) -> Answer | Trouble | None:
        if not self._board.confirms and isinstance(question, Turn):
            return Answer() if waited_s >= QUIET_S else None
        if waited_s < ANSWER_S:
            return None
        if not self._heard:
            return Trouble.SILENT
        return Trouble.ECHO if self._board.ask(question).startswith(self._heard.strip()) else Trouble.GARBAGE
