"""What a rehearsal clip shows: who comes, what they wear or hold up, and under which light they are filmed."""

from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

FPS = 30


class Wearing(Enum):
    """Something over the face, drawn onto its texture."""

    GLASSES = "glasses"
    SUNGLASSES = "sunglasses"
    MASK = "mask"  # a medical one, over nose and mouth
    HAND = "hand"  # held before mouth and cheek


class Screen(Enum):
    """A device that shows a video."""

    TABLET = "tablet"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Print:
    """A photo on paper, held before the carrier's face.  bend_m: how far its edges curl back."""

    width_m: float = 0.21
    height_m: float = 0.297
    bend_m: float = 0.006


@dataclass(frozen=True, slots=True)
class Replay:
    """The genuine person's video on a screen."""

    screen: Screen = Screen.TABLET


@dataclass(frozen=True, slots=True)
class Cutout:
    """A photo cut along the face and worn as a mask.  curved: around the head instead of flat."""

    eye_holes: bool = False
    curved: bool = False


Attack = Print | Replay | Cutout


@dataclass(frozen=True, slots=True)
class Actor:
    """side: where the face goes, in pixels right of the middle once nearest.  lower_m: eyes below an adult's (a
    wheelchair, a child).  follows_s: how much later they come.  passes: they walk on after a short stand."""

    portrait: Path
    side: float = 0.0
    nearest_m: float = 0.75
    lower_m: float = 0.0
    follows_s: float = 0.0
    passes: bool = False
    wearing: Wearing | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """light: gain on the whole picture.  approach: False for people who already stand there.  attack: what the first
    actor's portrait is shown with instead of the actor.  turn_deg, nod_deg: added to every pose.  blur_px: standard
    deviation of a lens out of focus."""

    name: str
    actors: tuple[Actor, ...] = ()
    busy: bool = False
    light: float = 1.0
    approach: bool = True
    attack: Attack | None = None
    fps: int = FPS
    backlit: bool = False
    blur_px: float = 0.0
    turn_deg: float = 0.0
    nod_deg: float = 0.0


def lit(scene: Scene, name: str) -> Scene:
    """The same people, now standing in full light."""
    return replace(scene, name=name, light=1.0, backlit=False, approach=False)
