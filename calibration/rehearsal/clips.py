"""Synthetic clips of people and of presentation attacks before the lane's camera, rendered from portraits.

A live person is a surface in depth that comes nearer, turns, blinks and speaks; an attack is a flat or bent card that
comes nearer.  Neither is footage of anybody, and what a detector scores on them says nothing about the field.
"""

import os
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from calibration.rehearsal import attacks, film
from calibration.rehearsal.motion import APPROACH_S, Stance, length_s, stance, wave
from calibration.rehearsal.person import person, posed
from calibration.rehearsal.scenes import Actor, Attack, Cutout, Print, Replay, Scene, Screen, Wearing, lit
from calibration.rehearsal.surface import Surface, Texture, draw
from vision.faces import Pixels
from vision.optics import Lens, default_lens

__all__ = [
    "Actor",
    "Attack",
    "Cutout",
    "Print",
    "Replay",
    "Scene",
    "Screen",
    "Wearing",
    "frames",
    "lens",
    "lit",
    "render",
    "stances",
    "still",
    "times_s",
]
WALK_SMEAR_PX = 5.0  # motion blur of a walking person, at the nearest


def render(scene: Scene, folder: Path) -> Path:
    """Write `folder`/NAME.mp4 (MPEG-4, 1080p) unless it is there.  Raises OSError if it cannot be."""
    path = folder / f"{scene.name}.mp4"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{scene.name}.{os.getpid()}.partial.mp4"  # another process may be making it, too
    size = (film.WIDTH, film.HEIGHT)
    writer = cv2.VideoWriter(str(partial), cv2.VideoWriter.fourcc(*"mp4v"), scene.fps, size)
    if not writer.isOpened():
        raise OSError(f"{partial}: cannot be written as MPEG-4")
    for frame in frames(scene):
        writer.write(frame)
    writer.release()
    return partial.replace(path)


def frames(scene: Scene) -> Iterator[Pixels]:
    """The frames of a scene, the same every time."""
    random = np.random.default_rng(zlib.crc32(scene.name.encode()))
    background, field = film.backdrop(scene, random), film.noise(random)
    for t in times_s(scene):
        yield film.filmed(_before(background, scene, t), field, random)


def still(scene: Scene, t: float) -> Pixels:
    """One frame at time t, as `frames` gives it but for the noise."""
    random = np.random.default_rng(zlib.crc32(scene.name.encode()))
    background, field = film.backdrop(scene, random), film.noise(random)
    return film.filmed(_before(background, scene, t), field, random)


def times_s(scene: Scene) -> Iterator[float]:
    """When each frame is taken; a scene of people who already stand there begins after the approach."""
    start = 0.0 if scene.approach else APPROACH_S
    return (start + number / scene.fps for number in range(round(length_s(scene) * scene.fps)))


def stances(scene: Scene, t: float) -> list[Stance]:
    """How each actor (or what is held up instead) stands at time t: what a test may compare measurements with."""
    return [stance(actor, scene, lens(), t) for actor in scene.actors]


def lens() -> Lens:
    """The camera all clips are filmed with."""
    return default_lens(film.WIDTH, film.HEIGHT)


def _before(background: Pixels, scene: Scene, t: float) -> Pixels:
    """Everybody before the background, the nearest last, as the lens sees them."""
    picture = background.copy()
    standing = zip(stances(scene, t), scene.actors, strict=True)
    for at, actor in sorted(standing, key=lambda one: -one[0].away_m):
        _place(picture, scene, actor, (at, t))
    return film.exposed(picture, scene, wave(t, 11, 2))


def _place(picture: Pixels, scene: Scene, actor: Actor, when: tuple[Stance, float]) -> None:
    at, t = when
    smear = max(1, round(WALK_SMEAR_PX * at.walking * min(1.0, 1.2 / max(at.away_m, 0.1))))
    for surface, texture in _shown(scene, actor, at, t):
        seen = replace(surface, shade=surface.shade * film.SHADOW) if scene.backlit else surface
        draw(picture, seen, texture, lens(), smear_px=smear)


def _shown(scene: Scene, actor: Actor, at: Stance, t: float) -> tuple[tuple[Surface, Texture], ...]:
    if scene.attack is not None and actor is scene.actors[0]:
        return attacks.held(scene.attack, actor.portrait, at, t)
    shown = person(actor.portrait, actor.wearing)
    return ((posed(shown, at), shown.skin),)
