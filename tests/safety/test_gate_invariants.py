"""G1 to G8 and G15 hold in any order of events, on the model and the firmware's C sources in lock-step."""

import random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from calibration.gate.safety import moves, walks
from calibration.gate.safety.controllers import Kind, beginner
from calibration.gate.safety.moves import WEIGHTS, Move
from calibration.gate.safety.seeded import SEEDED, Seeded
from calibration.gate.safety.world import World

STEPS = {Kind.BOTH: 4_000, Kind.NATIVE: 8_600}  # of one chunk; more than 10⁵ together
CHUNKS = 8


class AnyOrder(RuleBasedStateMachine):
    """Hypothesis chooses moves and their numbers, and shrinks what fails."""

    world: World

    @initialize(seed=st.integers(0, 1000))
    def install(self, seed: int) -> None:
        self.world = World(beginner(Kind.BOTH), moves.settings(random.Random(seed)))
        self.world.converse(200)

    @rule(chosen=st.sampled_from(sorted(WEIGHTS, key=lambda move: move.__name__)), seed=st.integers(0, 1 << 16))
    def move(self, chosen: Move, seed: int) -> None:
        chosen(self.world, random.Random(seed))

    @rule(seed=st.integers(0, 1 << 16))
    def go_on(self, seed: int) -> None:
        moves.walk(self.world, random.Random(seed), 10)

    @invariant()
    def nothing_is_violated(self) -> None:
        if hasattr(self, "world"):
            assert self.world.observer.violations == []

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=25,
    stateful_step_count=20,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_gs01_random_steps_violate_nothing(chunk: int, kind: Kind) -> None:
    *_, last = walks.walked(kind, STEPS[kind], 10_000 * chunk + 500 * (kind is Kind.NATIVE))
    assert last.violations == [], f"seed {10_000 * chunk}"
    for what in ("opened by a grant", "opened by emergency or release", "said safe", "said faulty"):
        assert last.seen[what], f"{what} never happened: this walk proves little"


@pytest.mark.parametrize("seeded", SEEDED, ids=lambda seeded: seeded.name)
def test_gs01_the_observer_sees_a_seeded_fault(seeded: Seeded) -> None:
    found = walks.first_violation(seeded)
    assert walks.caught(seeded, found), found
