"""Dates and times of EDIFACT (DTM, code list 2379), two-digit years told from when the journey is."""

import re
from datetime import date, datetime

DIGITS = re.compile(r"\d+\Z", re.ASCII)
FORMS = {6: "%y%m%d", 8: "%Y%m%d", 10: "%y%m%d%H%M", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


def moment(text: str) -> str | None:
    """YYYY-MM-DDTHH:MM, or YYYY-MM-DD of a date alone; None for neither.  The length tells the form: files name 201
    (YYMMDDHHMM) and send 203 (CCYYMMDDHHMM).  Two-digit years are of this century: journeys are not announced later."""
    form = FORMS.get(len(text))
    if form is None or not DIGITS.match(text):
        return None
    if form.startswith("%y"):
        text, form = f"20{text}", form.replace("%y", "%Y")
    try:
        read = datetime.strptime(text, form)  # noqa: DTZ007  local to the port, as the message has it
    except ValueError:
        return None
    return f"{read:%Y-%m-%d}" if "%H" not in form else f"{read:%Y-%m-%dT%H:%M}"


def birth(text: str, journey: date | None) -> date | None:
    """Two digits mean the last such day that is not after the journey.  None for no day, or one after it."""
    if len(text) == 6 and DIGITS.match(text):
        if journey is None:
            return None
        year = journey.year - journey.year % 100 + int(text[:2])
        return _day(year, text[2:], before=journey) or _day(year - 100, text[2:], before=journey)
    if len(text) == 8 and DIGITS.match(text):
        return _day(int(text[:4]), text[4:], before=journey or date.max)
    return None


def expiry(text: str, journey: date | None) -> date | None:
    """Two digits mean the year nearest to the journey: documents are shown long after and long before they end."""
    if len(text) == 6 and DIGITS.match(text):
        if journey is None:
            return None
        year = journey.year - journey.year % 100 + int(text[:2])
        nearest = min((year - 100, year, year + 100), key=lambda one: abs(one - journey.year))
        return _day(nearest, text[2:])
    return _day(int(text[:4]), text[4:]) if len(text) == 8 and DIGITS.match(text) else None


def _day(year: int, month_day: str, before: date = date.max) -> date | None:
    try:
        read = date(year, int(month_day[:2]), int(month_day[2:]))
    except ValueError:
        return None
    return read if read <= before else None
