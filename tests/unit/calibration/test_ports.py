"""Two copies of the tests, or of the rehearsal, on one machine never take each other's ports."""

import subprocess
import sys

from calibration.rehearsal.lane import ASKED, free_port

ASK = "from calibration.rehearsal.lane import free_port; print(free_port({wished}), flush=True); input()"


def given_once(wished: int) -> int:
    """The port given to a process that has ended since."""
    command = [sys.executable, "-c", ASK.format(wished=wished)]
    return int(subprocess.run(command, input="\n", capture_output=True, text=True, timeout=30, check=True).stdout)


def test_processes_that_wish_for_one_port_at_the_same_time_are_each_given_another() -> None:
    wished = given_once(0)
    command = [sys.executable, "-c", ASK.format(wished=wished)]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    given = []
    for process in started:
        assert process.stdout is not None
        given.append(int(process.stdout.readline()))
    for process in started:
        process.communicate("\n", timeout=30)
    assert len(set(given)) == 2
    assert wished in given


def test_a_port_is_given_once_in_a_process_and_is_none_that_whoever_connects_may_get() -> None:
    given = [free_port(0) for _ in range(50)]
    assert len(set(given)) == 50
    assert all(ASKED[0] <= port < ASKED[1] for port in given)


def test_what_a_process_was_given_is_free_again_when_it_ends() -> None:
    given = given_once(0)
    assert given_once(given) == given
