import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.align import TARGET, align, similarity

NAN = float("nan")


@given(st.floats(0.2, 5), st.floats(-3, 3), st.floats(-500, 500), st.floats(-500, 500))
def test_similarity_undoes_any_turn_scale_and_shift(scale: float, turn: float, x: float, y: float) -> None:
    rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = TARGET @ rotation.T + [x, y]
    view = similarity(moved.astype(np.float32))
    assert np.allclose(moved @ view[:, :2].T + view[:, 2], TARGET, atol=0.05)


@pytest.mark.parametrize("points", [np.zeros((5, 2)), np.full((5, 2), NAN), np.full((5, 2), np.inf)])
def test_points_that_are_no_face_are_refused(points: np.ndarray) -> None:
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match="coincide or are not finite"):
        align(np.zeros((10, 10, 3), np.uint8), points.astype(np.float32))
