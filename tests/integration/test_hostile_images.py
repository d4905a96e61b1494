"""SE-08: hostile images are answered, take little, and the next good image is served."""

from calibration.service.hostile import KINDS
from calibration.service.images import MOST_BYTES, costs

FUZZ = 6
CLAIMS = ("PNG of 30,000", "JPEG of 65,535", "GIF", "nothing")


async def test_se08_no_hostile_image_takes_much_memory_or_keeps_the_next_from_being_served() -> None:
    found = await costs(FUZZ)
    assert all(cost.served for cost in found), "a good photo between them gives its face"
    assert len(found) == 2 * (len(KINDS) + FUZZ), "each once as a photo and once as a probe"
    large = [(cost.name, cost.grown_bytes) for cost in found if cost.grown_bytes > MOST_BYTES]
    assert not large
    claims = [cost for cost in found if cost.name.startswith(CLAIMS)]
    assert len(claims) == 2 * len(CLAIMS)
    assert all(cost.refused and not cost.ended and not cost.grown_bytes for cost in claims)
    bombs = [cost for cost in found if "24 megapixels" in cost.name and "probe" in cost.name]
    assert len(bombs) == 3, "PNG, JPEG and CMYK"
    assert all("at most 6000000 pixels" in cost.refused for cost in bombs)
    swollen = [cost for cost in found if "EXIF" in cost.name]
    assert len(swollen) == 2
    assert not any(cost.refused for cost in swollen if not cost.ended)
