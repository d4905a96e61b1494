"""Dates that documents give without a year, or with part of one."""

from datetime import date, timedelta


def days_in(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def day_of(year: int, number: int) -> date | None:
    """The day of the year counted from 1; None if that year has no such day."""
    return date(year, 1, 1) + timedelta(days=number - 1) if 1 <= number <= days_in(year) else None


def nearest(number: int, today: date) -> date | None:
    """The date nearest to today with this day of the year; the earlier of two."""
    years = (today.year - 1, today.year, today.year + 1)
    days = [day for year in years if 1 <= year < date.max.year and (day := day_of(year, number)) is not None]
    return min(days, key=lambda day: abs(day - today), default=None)


def issued(last_digit: int, number: int, today: date) -> date | None:
    """The newest such day of a year ending in this digit that is not after tomorrow (time zones)."""
    for year in range(min(today.year + 1, date.max.year - 1), max(today.year - 21, 1), -1):
        day = day_of(year, number) if year % 10 == last_digit else None
        if day is not None and (day - today).days <= 1:
            return day
    return None


def born_year(two_digits: int, today: date) -> int:
    """The last year ending so that is not after this one: nobody is born tomorrow."""
    return today.year - (today.year - two_digits) % 100


def expiry_year(two_digits: int, today: date) -> int:
    """The year ending so from 50 years ago to 49 years ahead: documents are valid for less."""
    return today.year - 50 + (two_digits - (today.year - 50)) % 100
