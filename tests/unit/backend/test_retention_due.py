"""When something must be gone."""

from backend.retention.due import CITIZENS_MS, DAY_MS, HOUR_MS, Terms, citizens_end, gallery_ends

TERMS = Terms(14 * DAY_MS, 24 * HOUR_MS)


def test_ret2_no_template_is_ever_older_than_fourteen_days() -> None:
    departs = 100 * DAY_MS
    first_template = departs - TERMS.ahead_ms
    assert gallery_ends(TERMS, departs - 20 * DAY_MS, departs) == first_template + 14 * DAY_MS


def test_ret2_a_manifest_that_came_late_counts_from_its_receipt() -> None:
    departs = 100 * DAY_MS
    assert gallery_ends(TERMS, departs - HOUR_MS, departs) == departs - HOUR_MS + 14 * DAY_MS
    assert gallery_ends(TERMS, 5, None) == 5 + 14 * DAY_MS


def test_ret2_no_departure_however_far_off_keeps_anything_longer() -> None:
    assert gallery_ends(TERMS, 5, 3_650 * DAY_MS) == 5 + 30 * DAY_MS + 14 * DAY_MS


def test_ret1_citizens_go_with_the_doors_and_twelve_hours_after_departure_at_the_latest() -> None:
    assert citizens_end(1, 10 * DAY_MS, 9 * DAY_MS) == 9 * DAY_MS
    assert citizens_end(1, 10 * DAY_MS, None) == 10 * DAY_MS + CITIZENS_MS
    assert citizens_end(1, None, None) == 1 + CITIZENS_MS
