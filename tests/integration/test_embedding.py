"""Faces embedded alone and beside others: the same templates, each caller its own answer, no turn lost."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from backend.embedding import Embedding
from calibration.rehearsal.cast import portrait
from calibration.service.rig import decoded
from vision.align import align
from vision.detect import Detector
from vision.faces import Pixels

NAMES = ("anna-live", "ben-live", "carla-live")


@pytest.fixture(scope="module")
def faces() -> list[Pixels]:
    detector, pictures = Detector(), [decoded(portrait(name).read_bytes()) for name in NAMES]
    return [align(pixels, detector.find(pixels)[0].points) for pixels in pictures]


@pytest.fixture(params=[1, 2, 3])
async def embedding(request: pytest.FixtureRequest) -> AsyncIterator[Embedding]:
    embedding = Embedding(request.param)
    yield embedding
    embedding.close()


async def test_a_face_has_one_template_whether_it_came_alone_or_with_others(
    embedding: Embedding, faces: list[Pixels]
) -> None:
    alone = [await embedding.embed(face) for face in faces]
    beside = await asyncio.gather(*(embedding.embed(face) for face in faces * 3))
    for one, other in zip(alone * 3, beside, strict=True):
        assert np.allclose(one, other, atol=1e-5)


async def test_one_that_fails_and_one_nobody_waits_for_take_no_turn_from_the_others(
    embedding: Embedding, faces: list[Pixels]
) -> None:
    wrong = asyncio.create_task(embedding.embed(np.zeros((1, 1, 3), np.uint8)))
    left = [asyncio.create_task(embedding.embed(face)) for face in faces]
    await asyncio.sleep(0)
    for task in left[::2]:
        task.cancel()
    with pytest.raises(ValueError, match="aligned face must be"):
        await wrong
    assert (await left[1]).shape == (128,)
    both = await asyncio.gather(*(embedding.embed(face) for face in faces))
    assert [one.shape for one in both] == [(128,)] * 3
