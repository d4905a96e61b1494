"""Feed recorded events through today's code: a for-loop over `step`."""

from collections.abc import Iterable, Iterator

from edge.encounter.codec import Step, plain
from edge.encounter.states import State
from edge.encounter.step import step


def differences(recorded: Iterable[Step]) -> Iterator[str]:
    """One line for each step that now asks for something else."""
    state = State()
    for number, then in enumerate(recorded, 1):
        state, effects = step(state, then.event, then.now_s)
        if effects != then.effects:
            where = f"step {number}, {type(then.event).__name__} at {then.now_s:.3f} s"
            yield f"{where}: was {_told(then.effects)}, now {_told(effects)}"


def _told(effects: tuple[object, ...]) -> str:
    return ", ".join(str(plain(effect)) for effect in effects) or "nothing"
