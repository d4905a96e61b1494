"""ACC-2: a protected traveller is labelled, and the name is shown for a case only, on both stores."""

import uuid
from dataclasses import replace

import numpy as np
import pytest
from limen.v1.approvals_pb2 import ProposeRequest, Protect

from backend import viewing
from backend.alerts import view
from backend.crossing import Recording, report
from backend.errors import NotAllowed, Refused
from backend.retention import purge
from backend.store import schema, travelers
from backend.store.proposals import REJECTED
from backend.store.travelers import Traveler
from calibration.service import journeys
from calibration.service.border import boarded
from tests.integration.desk import ANALYST, MEYER, NOW, SUPERVISOR, Desk, rows

ON_A_CASE = replace(MEYER, name="o.huber", purpose="case")
INSPECTING = replace(MEYER, purpose="inspection")


def asked(desk: Desk, traveler: str) -> ProposeRequest:
    return ProposeRequest(reason="order 7", protect=Protect(journey=desk.journey, traveler=traveler))


def protect(desk: Desk, number: int = 0) -> str:
    made = desk.settle(SUPERVISOR, desk.propose(ANALYST, asked(desk, desk.people[number]))).made
    assert made == desk.people[number]
    return made


def at_gate(desk: Desk, journey: str = "") -> list[tuple[str, str, str]]:
    shown = travelers.expected(desk.keys, desk.ask(travelers.sheet, journey or desk.journey))
    return [(one.seat, one.name, one.reference) for one in shown]


def with_reference(desk: Desk, journey: str, number: int) -> list[Traveler]:
    """The traveller of this number on another journey, as its carrier refers to them."""
    one = journeys.people("XX7", number + 1)[number]
    who = [replace(one, biographic=replace(one.biographic, reference="P7"))]
    vector = np.eye(1, 128, dtype=np.float32)
    desk.ask(journeys.announce, desk.keys, journey, who, vector, desk.now_utc_ms)
    return who


def test_acc2_two_people_withhold_a_name_and_one_alone_does_not(desk: Desk) -> None:
    before = at_gate(desk)
    proposal = desk.propose(ANALYST, asked(desk, desk.people[0]))
    assert at_gate(desk) == before
    with pytest.raises(NotAllowed, match="another person"):
        desk.settle(ANALYST, proposal)
    desk.settle(SUPERVISOR, proposal, REJECTED)
    assert at_gate(desk) == before
    with pytest.raises(Refused, match="is not expected on"):
        desk.propose(ANALYST, asked(desk, str(uuid.uuid4())))


def test_acc2_the_gate_shows_the_seat_and_the_carriers_reference_and_everybody_else_as_before(desk: Desk) -> None:
    who = with_reference(desk, "XX8-2026-11-22", 0)
    (named,) = at_gate(desk, "XX8-2026-11-22")
    assert named == ("1A", "SPECIMEN P0", "")
    protect(desk)
    assert at_gate(desk) == [("1A", "", ""), ("1B", "SPECIMEN P1", ""), ("1C", "SPECIMEN P2", "")]
    assert at_gate(desk, "XX8-2026-11-22") == [("1A", "", "P7")], "the same person, on every journey"
    assert desk.ask(travelers.protected, "XX8-2026-11-22") == {who[0].traveler}


def test_acc2_who_is_protected_is_so_on_journeys_announced_later_and_after_a_change(desk: Desk) -> None:
    protect(desk)
    (who,) = with_reference(desk, "XX9-2026-11-22", 0)
    assert at_gate(desk, "XX9-2026-11-22") == [("1A", "", "P7")]
    desk.ask(travelers.amend, desk.keys, "XX9-2026-11-22", replace(who, seat="9F"))
    assert at_gate(desk, "XX9-2026-11-22") == [("9F", "", "P7")]


def test_acc2_an_alert_names_nobody_protected_but_for_a_case_and_that_is_in_the_log(desk: Desk) -> None:
    alert = desk.hit()
    who = protect(desk)
    hidden = desk.ask(view, desk.acting(MEYER), alert)
    assert (hidden.name, hidden.seat, hidden.protected, hidden.remark) == ("", "1A", True, "ask about the cargo")
    for _ in range(2):
        shown = desk.ask(view, desk.acting(ON_A_CASE), alert)
        assert (shown.name, shown.protected) == ("SPECIMEN P0", True)
    assert desk.noted("alert.viewed") == [
        ("o.meyer", alert.alert, "alert", who),
        ("o.huber", alert.alert, "case", who),
    ]
    assert desk.noted("alert.protected_name_viewed") == [("o.huber", alert.alert, "case", who)]


def test_acc2_a_record_of_a_protected_traveller_is_listed_with_its_label_and_without_the_name(desk: Desk) -> None:
    how = Recording(desk.keys, NOW, (), 90)
    for traveler in desk.people[:2]:
        desk.ask(report, how, boarded(desk.journey, traveler, NOW))
    who = protect(desk)
    for caller, name in ((INSPECTING, ""), (ON_A_CASE, "SPECIMEN P0")):
        seen = {one.crossing.traveler: one for one in desk.ask(viewing.crossings_of, desk.acting(caller), desk.journey)}
        assert (seen[who].name, seen[who].protected) == (name, True)
        assert (seen[desk.people[1]].name, seen[desk.people[1]].protected) == ("SPECIMEN P1", False)
    results = [result for _, _, _, result in desk.noted("crossing.viewed")]
    assert (len(results), results.count("protected")) == (4, 1), (
        "every view is noted, and which showed a protected name"
    )


def test_acc2_the_label_outlives_the_name(desk: Desk) -> None:
    how = Recording(desk.keys, NOW, (), 90)
    desk.ask(report, how, boarded(desk.journey, desk.people[0], NOW))
    who = protect(desk)
    desk.ask(purge.gallery, desk.keys, desk.journey, NOW)
    (seen,) = desk.ask(viewing.crossings_of, desk.acting(INSPECTING), desk.journey)
    assert (seen.crossing.traveler, seen.name, seen.protected) == (who, "", True)


def test_acc2_what_is_written_of_a_protection_names_nobody(desk: Desk) -> None:
    protect(desk)
    written = str(desk.ask(rows, schema.audit_log)) + str(desk.ask(rows, schema.proposals))
    assert "SPECIMEN" not in written
    assert desk.people[0] in written
