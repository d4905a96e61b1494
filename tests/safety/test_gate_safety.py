"""The gate's safety figures in small, on the firmware's C sources and on the firmware in a simulated chip."""

import random

import pytest

from calibration.gate.safety import attacks, doors, line, silence, walks
from calibration.gate.safety.controllers import SECRET, Kind
from calibration.gate.safety.keys_said import parts_of_key, round_keys

KINDS = [Kind.NATIVE, Kind.FIRMWARE]


@pytest.fixture
def rng() -> random.Random:
    return random.Random(1)


def test_gs01_the_firmware_violates_nothing_in_random_steps() -> None:
    *_, last = walks.walked(Kind.FIRMWARE, 2_500, 1)
    assert last.violations == []
    assert last.seen["opened by a grant"]


@pytest.mark.parametrize(("kind", "trials"), [(Kind.NATIVE, 3_000), (Kind.FIRMWARE, 300)])
def test_gs02_replayed_frames_open_nothing(kind: Kind, trials: int, rng: random.Random) -> None:
    assert attacks.replays(kind, trials, rng).failures == 0


@pytest.mark.parametrize(("kind", "trials"), [(Kind.NATIVE, 40), (Kind.FIRMWARE, 4)])
def test_gs03_an_opening_ends_when_the_host_does(kind: Kind, trials: int, rng: random.Random) -> None:
    assert silence.bounded_opening(kind, trials, rng).failures == 0


@pytest.mark.parametrize(("kind", "trials"), [(Kind.NATIVE, 60), (Kind.FIRMWARE, 8)])
def test_gs04_dead_man(kind: Kind, trials: int, rng: random.Random) -> None:
    assert silence.dead_man(kind, trials, rng).failures == 0


@pytest.mark.parametrize(("kind", "trials"), [(Kind.NATIVE, 3), (Kind.FIRMWARE, 1)])
def test_gs09_what_breaks_is_latched_and_bars(kind: Kind, trials: int, rng: random.Random) -> None:
    assert [row.what for row in doors.faults(kind, trials, rng) if row.failures] == []


@pytest.mark.parametrize(("kind", "trials"), [(Kind.NATIVE, 8_000), (Kind.FIRMWARE, 500)])
def test_gs13_fuzzed_frames_open_nothing_and_tell_no_key(kind: Kind, trials: int, rng: random.Random) -> None:
    assert attacks.fuzz(kind, trials, rng).failures == 0


@pytest.mark.parametrize(("kind", "trials"), [(Kind.NATIVE, 100), (Kind.FIRMWARE, 10)])
def test_gs13_noise_costs_at_most_one_frame(kind: Kind, trials: int, rng: random.Random) -> None:
    assert attacks.resync(kind, trials, rng).failures == 0


def test_gs13_nothing_is_installed_without_the_switch(rng: random.Random) -> None:
    assert attacks.install_mode(Kind.FIRMWARE, 40, rng).failures == 0


def test_gs13_the_search_for_the_key_finds_any_part_of_its_schedule() -> None:
    for secret in round_keys(SECRET):
        assert parts_of_key(SECRET, bytes(20) + secret[4:10] + bytes(20)) > 0
    assert parts_of_key(SECRET, bytes(range(256)) * 4) == 0


def test_er05_the_line_comes_back_after_it_was_unplugged(rng: random.Random) -> None:
    assert line.unplugged(4, rng, within_s=60).failures == 0
