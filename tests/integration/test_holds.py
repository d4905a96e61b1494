"""No reason to hold a traveler is passed by in silence, on any path to an open gate; on both stores."""

from sqlalchemy import Engine

from backend.keys import KeyRing
from calibration.service.holds import cells, wrongs


def test_hum3_every_reason_to_hold_on_every_path_is_as_the_table_says(engine: Engine, keys: KeyRing) -> None:
    tried = cells()
    assert len(tried) == 7 * 7 * 5
    with engine.begin() as db:
        assert list(wrongs(db, keys, tried)) == []
