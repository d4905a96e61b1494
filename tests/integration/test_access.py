"""Who gets in: every method, every kind of stranger, every cell of roles, ports and purposes, on a running service."""

from collections.abc import Iterator

import pytest

from backend.server import METHODS
from calibration.service import renewal, strangers
from calibration.service.access import SERVED, running
from calibration.service.access_matrix import Matrix, cells, whole
from calibration.service.border_post import Place
from calibration.service.calling import Call, said
from calibration.service.rig import Rig
from calibration.service.strangers import Stranger


@pytest.fixture(scope="module")
def border() -> Iterator[tuple[Rig, Place]]:
    with running() as there:
        yield there


@pytest.fixture(scope="module")
def those(border: tuple[Rig, Place]) -> list[Stranger]:
    return strangers.strangers(border[0])


@pytest.mark.parametrize("method", SERVED)
def test_se01_no_stranger_gets_in(those: list[Stranger], method: str) -> None:
    came = {one.kind: said(one.channel, Call(method, b"")) for one in those}
    assert [kind for kind, words in came.items() if not words.startswith(strangers.refused(kind))] == []


def test_se01_the_right_certificate_gets_in(border: tuple[Rig, Place], those: list[Stranger]) -> None:
    assert strangers.gets_in(border[0]) == "ok"


def test_se02_no_call_fails_while_certificates_and_the_authority_change() -> None:
    with running(more="connection_age_s = 1.0\n") as (rig, _):
        calls, failed = renewal.rotate(rig, renewal.SUCCESSION)
    assert calls > 0
    assert failed == []


def test_se02_a_removed_gates_open_stream_is_cut(border: tuple[Rig, Place]) -> None:
    took_s, how = renewal.cut_device(border[0], 0)
    assert how == "PERMISSION_DENIED"
    assert took_s <= renewal.LATEST_S


def test_acc1_a_barred_officers_open_stream_is_cut(border: tuple[Rig, Place]) -> None:
    took_s, how = renewal.cut_person(border[0], 0)
    assert how == "PERMISSION_DENIED"
    assert took_s <= renewal.LATEST_S


def test_se04_the_table_of_what_is_wanted_knows_every_method() -> None:
    assert whole(METHODS) == []
    assert whole([*METHODS, "/limen.v1.New/Method"]) == ["/limen.v1.New/Method"]


def test_se04_every_role_method_port_and_purpose_is_as_wanted(border: tuple[Rig, Place]) -> None:
    matrix = Matrix(*border)
    matrix.enrol()
    assert list(matrix.wrong(cells())) == []
    matrix.close()
