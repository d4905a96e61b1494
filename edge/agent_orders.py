"""What an agent may have the brain do, judged anew by the brain: the process with the pages is not to be trusted."""

import re
import uuid

from limen.v1 import screens_pb2 as pb

from edge.boarding_shown import Stage
from edge.encounter.events import AgentBoards, AgentWithdraws, Prompt
from edge.sentences import LANE, LaneSays
from edge.view import View

BADGE = re.compile(r"[A-Za-z0-9-]{2,20}")
UNKNOWN = "this release of the appliance knows no such command"


def judge(command: pb.ScreenCommand, view: View) -> AgentBoards | AgentWithdraws | str:
    """The event that begins it, or why it may not be, in words for the agent."""
    match command.WhichOneof("what"):
        case "board":
            return _board(command.board, view)
        case "withdraw":
            return _withdraw(command.withdraw, view)
    return UNKNOWN


def _board(board: pb.BoardByDocuments, view: View) -> AgentBoards | str:
    if not BADGE.fullmatch(board.agent):
        return "a badge is 2 to 20 letters, digits and hyphens"
    if board.traveler not in {person.traveler for person in view.missing}:
        return "this traveler is not missing: already aboard, or not on this journey"
    if view.prompt is Prompt.GO:
        return "somebody is passing: wait until the gate is closed, then try again"
    if view.boarding is not None and view.boarding.stage is not Stage.ENDED:
        return "somebody else is being served: wait until the gate is closed, then try again"
    if view.lane is not LaneSays.SOMEBODY and not board.stands:
        return LANE[view.lane]
    return AgentBoards(board.traveler, board.agent, str(uuid.uuid4()), board.stands)


def _withdraw(withdraw: pb.WithdrawBoarding, view: View) -> AgentWithdraws | str:
    shown = view.boarding
    if shown is None or shown.encounter != withdraw.encounter or shown.stage not in (Stage.ASKED, Stage.OPENING):
        return "too late to take it back: it has ended, or the gate is open"
    return AgentWithdraws(withdraw.encounter)
