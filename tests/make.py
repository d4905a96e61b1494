"""Inputs for tests, made plainly: say only what matters, the rest has a value."""

from dataclasses import replace

import numpy as np

from backend.matching.gallery import Best, Compared, Match, NotListed, Vector
from backend.rules.directive import Evidence, Policy, Standing
from edge.encounter.events import Effect, Event, Seen
from edge.encounter.states import State
from edge.encounter.step import step
from vision.cues import Cue
from vision.faces import Box, Face, Pixels

UP = State(service_up=True, reachable=True)
ANNA, BEN = "anna", "ben"
POLICY = Policy("test", accept=0.5, margin=0.05, least_liveness=0.5, liveness_enforced=True)


def evidence(
    score: float = 0.9,
    runner_up: float = 0.1,
    live: float = 0.9,
    obstacle: Cue | None = None,
    crossed: bool = False,
    attempts_left: int = 2,
    match: Match | None = None,
    standing: Standing | None = None,
) -> Evidence:
    known = standing or Standing(crossed=crossed)
    claimed = isinstance(match, Compared | NotListed)
    return Evidence(match or Best(ANNA, score, runner_up), obstacle, live, attempts_left, known, claimed)


def seen(
    subject: int = 1,
    shot: str | None = "1",
    cue: Cue | None = None,
    rank: float = 0.5,
    at_s: float = 0.0,
    fresh: str = "e1",
    yaw_deg: float = 0.0,
) -> Seen:
    return Seen(subject, shot, cue, rank, at_s, fresh, yaw_deg)


def play(*events: tuple[float, Event], start: State = UP) -> tuple[State, list[Effect]]:
    """Where an encounter is after events, each with its time in seconds, and all it asked for."""
    state, done = start, list[Effect]()
    for now_s, event in events:
        state, effects = step(state, event, now_s)
        done += effects
    return state, done


def unit(seed: int) -> Vector:
    vector = np.random.default_rng(seed).normal(size=128).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def face(x: float = 0, y: float = 0, width: float = 100, inter_eye_px: float = 46) -> Face:
    middle = np.array([x + width / 2, y + width / 2], np.float32)
    shape = np.array([[-0.5, 0], [0.5, 0], [0, 0.6], [-0.4, 1.1], [0.4, 1.1]], np.float32)
    return Face(Box(x, y, width, width * 1.3), middle + shape * inter_eye_px, 0.9)


def face_at(x: float, y: float, inter_eye_px: float, *, nose_aside: float = 0.0, tall: float | None = None) -> Face:
    """Eyes around (x, y).  nose_aside: of the nose, in eye distances.  tall: eyes to mouth, pixels."""
    down = tall or 1.155 * inter_eye_px
    half = inter_eye_px / 2
    points = [(x - half, y), (x + half, y), (x + nose_aside * down, y + 0.55 * down), (x - half * 0.8, y + down)]
    points.append((x + half * 0.8, y + down))
    box = Box(x - 1.15 * down, y - 0.9 * down, 2.3 * down, 2.8 * down)
    return Face(box, np.array(points, np.float32), 0.9)


def chip(seed: int = 7) -> Pixels:
    """A smooth seeded picture of the embedder's size: no person, the same everywhere."""
    small = np.random.default_rng(seed).integers(0, 256, (14, 14, 3), dtype=np.uint8)
    return np.asarray(np.kron(small, np.ones((8, 8, 1), np.uint8)), np.uint8)


def policy(**changes: float | bool) -> Policy:
    return replace(POLICY, **changes)  # type: ignore[arg-type]
