"""How people move before the camera: walk up, sway, blink, turn and speak, each a function of time alone.

Everything repeats after STAND_S once they stand, so that the end of a clip can be shown again and again.
"""

import math
import zlib
from dataclasses import dataclass

import numpy as np

from calibration.rehearsal.scenes import Actor, Scene
from vision.optics import Lens

APPROACH_S, STAND_S, PASS_S = 3.0, 2.0, 1.2
FARTHEST_M = 4.0
EYES_M = -0.03  # of an adult below the optical axis
LEAVES_M_S = 0.9
BLINKS_S = (0.9, APPROACH_S + 1.1)  # when, moved by up to half a second; the second repeats with the stand
CLOSES_S, SHUT_S, OPENS_S = 0.07, 0.04, 0.12
BREATH = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Stance:
    """Place of the middle between the eyes, turn of the head, lids 0 (open) to 1, and the light they stand in:
    where it comes from (a unit vector towards it) and how strongly it models the face.  walking: 0..1."""

    right_m: float
    down_m: float
    away_m: float
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    lids: float = 0.0
    mouth_m: float = 0.0
    smile_m: float = 0.0
    light: tuple[float, float, float] = (0.0, 0.0, -1.0)
    contrast: float = 1.0
    walking: float = 0.0


def stance(actor: Actor, scene: Scene, lens: Lens, t: float) -> Stance:
    """Where and how an actor is t seconds after the scene began (approached, if it begins with people standing)."""
    t -= actor.follows_s
    own = _seed(actor.portrait.stem)
    walking = 1 - _done(t)
    away = actor.nearest_m + (FARTHEST_M - actor.nearest_m) * walking
    gone = max(0.0, t - APPROACH_S - PASS_S) * LEAVES_M_S if actor.passes else 0.0
    bob = 0.012 * walking * math.sin(2 * math.pi * 1.8 * t)
    light = math.radians(35 * wave(t, own + 1, 1))
    return Stance(
        right_m=actor.side * actor.nearest_m / lens.focal_px[0] + 0.008 * wave(t, own + 2) + gone,
        down_m=EYES_M + actor.lower_m + 0.004 * wave(t, own + 3) + bob,
        away_m=away + 0.010 * wave(t, own + 4) - gone * 0.3,
        yaw_deg=scene.turn_deg + 5.5 * wave(t, own + 5) + _glance_deg(t, own),
        pitch_deg=scene.nod_deg + 2.5 * wave(t, own + 6),
        roll_deg=1.8 * wave(t, own + 7),
        lids=lids(t, own),
        mouth_m=0.0022 * max(0.0, wave(t, own + 8)),
        smile_m=0.0018 * wave(t, own + 9, 2),
        light=(math.sin(light) * 0.9, -0.43 * math.cos(light), -0.9 * math.cos(light)),
        contrast=1 + 0.3 * wave(t, own + 10, 2),
        walking=walking if t < APPROACH_S else min(1.0, gone * 10),
    )


def wave(t: float, seed: int, harmonics: int = 3) -> float:
    """-1..1, smooth, never still, repeating after STAND_S."""
    random = np.random.default_rng(seed)
    phases, sizes = random.uniform(0, 2 * math.pi, harmonics), random.uniform(0.4, 1, harmonics)
    sizes /= np.arange(1, harmonics + 1)
    turns = np.sin(2 * math.pi * np.arange(1, harmonics + 1) * t / STAND_S + phases)
    return float(turns @ sizes / sizes.sum())


def lids(t: float, seed: int) -> float:
    """0 open, 1 shut: 150 to 230 ms from open to open."""
    shift = float(np.random.default_rng(seed).uniform(-0.5, 0.5))
    since = min((t - at - shift for at in (*BLINKS_S, BLINKS_S[1] + STAND_S)), key=lambda s: abs(s))
    if since < 0 or since > CLOSES_S + SHUT_S + OPENS_S:
        return 0.0
    return float(np.interp(since, (0, CLOSES_S, CLOSES_S + SHUT_S, CLOSES_S + SHUT_S + OPENS_S), (0, 1, 1, 0)))


def length_s(scene: Scene) -> float:
    """Until the last one has stood for STAND_S."""
    last_s = max((actor.follows_s for actor in scene.actors), default=0.0)
    return STAND_S + last_s + (APPROACH_S if scene.approach else 0.0)


def _done(t: float) -> float:
    """0..1 of the way: a steady walk that slows down at its end."""
    x = min(max(t / APPROACH_S, 0.0), 1.0)
    return 1.1 * x if x < 0.8 else 1 - (1 - x) ** 2 * 3.0 if x > 0.8 else 0.88


def _glance_deg(t: float, seed: int) -> float:
    """A look to one side while walking."""
    side = 1 if seed % 2 else -1
    return side * 16 * math.exp(-(((t - 1.5) / 0.35) ** 2))


def _seed(name: str) -> int:
    return zlib.crc32(name.encode()) % 10_000
