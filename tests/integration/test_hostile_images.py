"""SE-08: hostile images are answered, take little, and the next good image is served."""

from calibration.service.images import MOST_BYTES, costs


async def test_se08_no_hostile_image_takes_much_memory_or_keeps_the_next_from_being_served() -> None:
    found = await costs(6)  # raises if a good photo between them gets no face
    large = [(cost.name, cost.grown_bytes) for cost in found if cost.grown_bytes > MOST_BYTES]
    assert not large
    claims = [cost for cost in found if cost.name.startswith(("PNG of 30,000", "JPEG of 65,535", "GIF", "nothing"))]
    assert all(cost.refused and not cost.ended and not cost.grown_bytes for cost in claims)
    bombs = [cost for cost in found if "24 megapixels" in cost.name and "probe" in cost.name]
    assert bombs and all("at most 6000000 pixels" in cost.refused for cost in bombs)
    assert not any(cost.refused for cost in found if "EXIF" in cost.name and not cost.ended)
