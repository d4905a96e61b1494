"""Each kind of evidence on inputs whose answer is known, and their fusion."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import make
from vision.faces import Face, Pixels
from vision.pad.depth import APART_NS, LONG_NS, Depth
from vision.pad.edges import LEAST_VIEWS, STANDS_NS, Edges
from vision.pad.flicker import Flicker
from vision.pad.fusion import fusion, live
from vision.pad.screen import grid
from vision.pad.witness import Evidence

NAN = float("nan")
HEAD = np.random.default_rng(3).normal(0, [0.05, 0.07, 0.03], (478, 3))  # metres: some cloud with depth
HEAD[[33, 133, 362, 263]] = [[-0.045, 0, 0], [-0.018, 0, 0], [0.018, 0, 0], [0.045, 0, 0]]


def seen(points: np.ndarray, away_m: float, turn: float) -> np.ndarray:
    """What a camera of 1371 px focal length sees of points at a distance, turned about the upright axis."""
    c, s = np.cos(turn), np.sin(turn)
    turned = points @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    return np.asarray(1371 * turned[:, :2] / (turned[:, 2:] + away_m) + (960, 540), np.float32)


def approached(points: np.ndarray, nearest_m: float) -> Depth:
    depth = Depth()
    for i, away_m in enumerate(np.linspace(2.0, nearest_m, 8)):
        depth.add(i * APART_NS, seen(points, away_m, 0.1 * math.sin(i)))
    return depth


def test_a_head_that_comes_nearer_has_depth_and_a_picture_of_it_has_none() -> None:
    flat = HEAD * [1, 1, 0]
    assert approached(HEAD, 0.8).value > 0.04
    assert approached(flat, 0.8).value < 0.001


def test_depth_is_not_known_before_the_views_differ() -> None:
    assert math.isnan(Depth().value)
    assert math.isnan(approached(HEAD, 1.9).value)


def test_of_a_face_that_stands_depth_is_known_after_a_while() -> None:
    depth = Depth()
    for i in range(LONG_NS // APART_NS + 1):
        depth.add(i * APART_NS, seen(HEAD * [1, 1, 0], 1.0, 0.05 * math.sin(i)))
    assert depth.value < 0.001


def hall(face: Face, *, card: bool) -> Pixels:
    """A hall with upright beams, and if `card` a white card held around the face."""
    picture = np.full((1080, 1920, 3), 120, np.uint8)
    for x in range(40, 1900, 210):
        picture[:, x : x + 60] = 170
    if card:
        x, y, wide, tall = (int(v) for v in face.box)
        picture[max(0, y - tall // 3) : y + tall + tall // 3, max(0, x - wide // 3) : x + wide + wide // 3] = 250
    return picture


def walk(*, card: bool) -> float:
    edges = Edges()
    for i in range(12):
        face = make.face_at(800 + 37 * i, 500, 40 + 6 * i)
        edges.add(i * 33_000_000, hall(face, card=card), face)
    return edges.value


def test_edges_that_walk_with_the_face_are_a_card_and_those_that_stay_behind_are_a_hall() -> None:
    assert live(replace(LIVE, edges=walk(card=True)), fusion()) < 0.2
    assert live(replace(LIVE, edges=walk(card=False)), fusion()) > 0.9


def test_before_a_face_that_stands_what_is_behind_counts_for_less() -> None:
    edges, face = Edges(), make.face_at(960, 500, 80)
    for i in range(LEAST_VIEWS - 1):
        edges.add(i * STANDS_NS, hall(face, card=True), face)
    assert math.isnan(edges.value), "too few views yet"
    edges.add(LEAST_VIEWS * STANDS_NS, hall(face, card=True), face)
    assert 0 < edges.value < walk(card=True)


def test_a_grid_of_dots_stands_out_of_noise() -> None:
    face = make.face_at(300, 300, 100)
    noise = np.random.default_rng(1).normal(120, 8, (600, 600))
    y, x = np.mgrid[:600, :600]
    dotted = noise + 6 * np.sin(2 * np.pi * 0.31 * x + 0.2) * np.sin(2 * np.pi * 0.23 * y)
    plain, screen = (np.repeat(p[..., None], 3, 2).clip(0, 255).astype(np.uint8) for p in (noise, dotted))
    assert grid(screen, face) > grid(plain, face) + 0.4
    assert math.isnan(grid(plain, make.face_at(300, 300, 10)))


def test_rolling_bands_flicker_and_a_slow_change_of_light_does_not() -> None:
    rows = np.arange(112)[:, None, None]
    face = make.chip().astype(np.float32) * 0.5 + 60
    rolling, slow = Flicker(), Flicker()
    for i in range(12):
        rolling.add((face * (1 + 0.2 * np.sin(rows / 9 + 2.1 * i))).clip(0, 255).astype(np.uint8))
        slow.add((face * (1 + 0.02 * i)).clip(0, 255).astype(np.uint8))
    assert rolling.value > 0.05
    assert slow.value < 0.01


LIVE = Evidence(passive=6.0, grid=1.0, edges=0.5, depth=0.05, flicker=0.02, blinked=1.0, frames=12)
SILENT = Evidence(NAN, NAN, NAN, NAN, NAN, 0.0, 0)


def test_a_live_face_is_live_and_each_mark_of_an_attack_outweighs_the_model() -> None:
    assert live(LIVE, fusion()) > 0.95
    assert live(replace(LIVE, edges=8.0), fusion()) < 0.5
    assert live(replace(LIVE, passive=-8.0), fusion()) < 0.1


@pytest.mark.parametrize("missing", ["passive", "edges", "depth"])
def test_without_evidence_that_is_needed_nobody_is_live(missing: str) -> None:
    for wrong in (NAN, math.inf):
        assert live(replace(LIVE, **{missing: wrong}), fusion()) == 0.0  # type: ignore[arg-type]
    assert live(SILENT, fusion()) == 0.0


def test_a_single_picture_is_judged_by_what_it_can_give() -> None:
    picture = replace(SILENT, passive=5.0, grid=1.0)
    assert live(picture, fusion()) == 0.0
    assert live(picture, fusion(), one_frame=True) > 0.9
    assert live(replace(picture, passive=NAN), fusion(), one_frame=True) == 0.0


@given(st.floats(-8, 8), st.floats(0, 20), st.floats(0, 0.2))
def test_more_of_an_attack_is_never_more_live(passive: float, edges: float, depth: float) -> None:
    one = replace(LIVE, passive=passive, edges=edges, depth=depth)
    assert live(replace(one, edges=edges + 1), fusion()) <= live(one, fusion())
    assert live(replace(one, passive=passive - 1), fusion()) <= live(one, fusion())
    assert live(replace(one, depth=depth / 2), fusion()) <= live(one, fusion())
