"""Synthetic presentation attacks: a print, a screen or a cut-out photo of somebody, and the hooded figure behind it.

They are drawn, not filmed: what a detector scores on them says nothing about real material.
"""

import math
from functools import lru_cache
from pathlib import Path
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from calibration.rehearsal import cards
from calibration.rehearsal.cards import Card
from calibration.rehearsal.motion import Stance, wave
from calibration.rehearsal.scenes import Attack, Cutout, Print, Replay
from calibration.rehearsal.surface import Floats, Surface, Texture, turned

FORWARD_M = {Print: 0.10, Replay: 0.22, Cutout: 0.02}  # of the card before the carrier
HEAD_M = 0.115  # radius a curved cut-out is bent to
TREMOR_M, TREMOR_DEG, TILT_DEG = 0.0018, 0.8, 7.0
GRID = 13


def held(attack: Attack, portrait: Path, stance: Stance, t: float) -> tuple[tuple[Surface, Texture], ...]:
    """The carrier and what is held up, t seconds after the scene began, farthest first."""
    shown: tuple[Card, ...]
    match attack:
        case Print():
            shown, bend, tilt = (printed(attack, portrait),), attack.bend_m, TILT_DEG
        case Replay():
            shown, bend, tilt = cards.screen(attack.screen, portrait, t), 0.0, TILT_DEG
        case Cutout():
            shown, bend, tilt = (cut_out(attack, portrait),), HEAD_M if attack.curved else 0.002, 0.0
        case _:
            assert_never(attack)
    carrier = cards.carrier()
    parts = [(_flat(carrier, stance, FORWARD_M[type(attack)]), carrier.texture)]
    for card in shown:
        sheet = _bent(card, bend, around_head=bend >= HEAD_M)
        parts.append((_moved(sheet, card, stance, (t, tilt)), card.texture))
    return tuple(parts)


@lru_cache(maxsize=8)
def printed(attack: Print, portrait: Path) -> Card:
    return cards.photo(portrait, (attack.width_m, attack.height_m))


@lru_cache(maxsize=8)
def cut_out(attack: Cutout, portrait: Path) -> Card:
    return cards.mask(portrait, eye_holes=attack.eye_holes)


def _bent(card: Card, bend_m: float, *, around_head: bool) -> tuple[Floats, Floats]:
    """Points (n, 3) in metres about the card's middle, and where (n, 2) they lie on its texture."""
    across, down = np.meshgrid(np.linspace(0, 1, GRID), np.linspace(0, 1, GRID))
    where = np.column_stack([across.ravel(), down.ravel()]).astype(np.float32)
    flat = where * card.size_m - card.middle_m
    x = flat[:, 0]
    if around_head:
        angle = np.clip(x / bend_m, -1.3, 1.3)
        bowed = np.column_stack([bend_m * np.sin(angle), flat[:, 1], bend_m * (1 - np.cos(angle))])
    else:
        bowed = np.column_stack([flat, bend_m * (x / (card.face_m[0] / 2)) ** 2])
    return bowed.astype(np.float32), where


def _moved(sheet: tuple[Floats, Floats], card: Card, stance: Stance, when: tuple[float, float]) -> Surface:
    """Tilted and trembling in the hand, shining where it mirrors the lamp."""
    (points, where), (t, tilt) = sheet, when
    shake = [wave(t * 5, seed, 2) for seed in (81, 82, 83, 84)]
    yaw = stance.yaw_deg + tilt * wave(t, 85, 2) + TREMOR_DEG * shake[0]
    pitch = stance.pitch_deg + tilt * 0.6 * wave(t, 86, 2) + TREMOR_DEG * shake[1]
    place = np.array([stance.right_m, stance.down_m, stance.away_m]) + TREMOR_M * np.array([*shake[2:], 0])
    posed = turned(points, yaw, pitch, stance.roll_deg * 1.5) + place
    return Surface(posed.astype(np.float32), where, _gloss(points, card, yaw, pitch), _mesh())


def _gloss(points: Floats, card: Card, yaw_deg: float, pitch_deg: float) -> Floats:
    """Shade of a sheet: a broad highlight that wanders over it as it tilts."""
    spot = np.array([math.radians(yaw_deg - 6) * 0.9, math.radians(pitch_deg + 3) * 0.9 - 0.03])
    spread = np.array([0.05, 0.09])
    apart = (((points[:, :2] - spot) / spread) ** 2).sum(axis=1)
    return np.asarray(1 + card.gloss * np.exp(-apart), np.float32)


def _flat(card: Card, stance: Stance, ahead_m: float) -> Surface:
    (points, where), shade = _bent(card, 0.04, around_head=False), np.full(GRID * GRID, 0.96, np.float32)
    place = np.array([stance.right_m, stance.down_m, stance.away_m + ahead_m])
    posed = turned(points, stance.yaw_deg * 0.2, 0, stance.roll_deg * 0.4) + place
    return Surface(posed.astype(np.float32), where, shade, _mesh(), coarse=6)


def _mesh() -> NDArray[np.int32]:
    number = np.arange(GRID * GRID).reshape(GRID, GRID)
    a, b, c, d = (n.ravel() for n in (number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]))
    return np.vstack([np.column_stack([a, b, c]), np.column_stack([b, d, c])]).astype(np.int32)
