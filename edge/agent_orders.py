"""What an agent may have the brain do, judged anew by the brain: the process with the pages is not to be trusted."""

import uuid

from limen.v1 import screens_pb2 as pb

from edge.agents.kept import Shift
from edge.agents.shifts import Shifts
from edge.boarding_shown import Stage
from edge.encounter.events import AgentBoards, AgentWithdraws, Prompt
from edge.sentences import LANE, LaneSays, Refusal
from edge.view import View

UNKNOWN = "this release of the appliance knows no such command"
LATE = "this came too late and was not done: try again"
NO_SHIFT = "your shift has ended, or has not begun: log in"


async def carry_out(
    command: pb.ScreenCommand, view: View, shifts: Shifts
) -> tuple[pb.ScreenAnswer, AgentBoards | AgentWithdraws | None]:
    """The answer, and the event that begins what was asked for."""
    answer = pb.ScreenAnswer(number=command.number)
    match command.WhichOneof("what"):
        case "board" | "withdraw":
            asked = command.board if command.HasField("board") else command.withdraw
            shift = shifts.of(asked.cookie)
            judged = NO_SHIFT if shift is None else judge(command, view, shift)
            if not isinstance(judged, str):
                return answer, judged
            answer.refusal = judged
        case "begin":
            await _begin(command.begin, shifts, answer)
        case "end":
            if (shift := shifts.of(command.end.cookie)) is not None:
                await shifts.end(shift)
        case _:
            answer.refusal = UNKNOWN
    return answer, None


def too_late(command: pb.ScreenCommand) -> pb.ScreenAnswer:
    """Of one that waited so long that whoever sent it may think that it was not done."""
    words = Refusal.LATE.value if command.HasField("begin") else LATE
    return pb.ScreenAnswer(number=command.number, refusal=words)


async def _begin(asked: pb.BeginShift, shifts: Shifts, answer: pb.ScreenAnswer) -> None:
    began = await shifts.begin(asked.person, asked.secret, asked.address)
    if isinstance(began, Refusal):
        answer.refusal = began.value
        return
    answer.cookie = began.cookie
    answer.lasts_s = (began.shift.until_utc_ms - began.shift.begun_utc_ms) // 1000


def judge(command: pb.ScreenCommand, view: View, shift: Shift) -> AgentBoards | AgentWithdraws | str:
    """The event that begins it, or why it may not be, in words for the agent."""
    if command.HasField("board"):
        return _board(command.board, view, shift)
    return _withdraw(command.withdraw, view)


def _board(board: pb.BoardByDocuments, view: View, shift: Shift) -> AgentBoards | str:
    if board.traveler not in {person.traveler for person in view.missing}:
        return "this traveler is not missing: already aboard, or not on this journey"
    if view.prompt is Prompt.GO:
        return "somebody is passing: wait until the gate is closed, then try again"
    if view.boarding is not None and view.boarding.stage is not Stage.ENDED:
        return "somebody else is being served: wait until the gate is closed, then try again"
    if view.lane is not LaneSays.SOMEBODY and not board.stands:
        return LANE[view.lane]
    return AgentBoards(board.traveler, shift.person, str(uuid.uuid4()), board.stands, shift.session)


def _withdraw(withdraw: pb.WithdrawBoarding, view: View) -> AgentWithdraws | str:
    shown = view.boarding
    if shown is None or shown.encounter != withdraw.encounter or shown.stage not in (Stage.ASKED, Stage.OPENING):
        return "too late to take it back: it has ended, or the gate opens"
    return AgentWithdraws(withdraw.encounter)
