"""Where a port lies: the country and the clock of an airport (IATA) or of a place (UN/LOCODE).

Sources: airportsdata for airports, pycountry for countries (ISO 3166-1), ICAO Doc 9303-3 section 5 for the codes of
documents that ISO has not.  A UN/LOCODE begins with the country; its clock is taken from an airport of that name only
where the country keeps one time, otherwise it is not known.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import airportsdata
import pycountry

ICAO_ONLY = (
    "D EUE GBD GBN GBO GBP GBS IAO NTZ RKS UNA UNK UNO UTO XBA XCC XCE XCO XDC XEC XES XIM XMP XOM XPO XXA XXB XXC XXX"
)
OF_DOCUMENTS = frozenset(ICAO_ONLY.split())


@dataclass(frozen=True, slots=True)
class Place:
    """country: ISO 3166-1 alpha-3.  zone: of the IANA database, "" if it is not known."""

    code: str
    country: str
    zone: str


@cache
def _airports() -> dict[str, Place]:
    return {
        code: Place(code, alpha3(airport["country"]) or "", airport["tz"])
        for code, airport in airportsdata.load("IATA").items()
    }


@cache
def _zones() -> dict[str, frozenset[str]]:
    """The clocks kept at airports of each country."""
    kept: dict[str, set[str]] = {}
    for airport in _airports().values():
        kept.setdefault(airport.country, set()).add(airport.zone)
    return {country: frozenset(zones) for country, zones in kept.items()}


@cache
def place(code: str) -> Place | None:
    """None for a port nobody knows."""
    if len(code) == 3:
        return _airports().get(code)
    if len(code) == 5 and code.isalnum() and (country := alpha3(code[:2])):
        return Place(code, country, _zone(country, code[2:]))
    return None


def _zone(country: str, name: str) -> str:
    """Of a UN/LOCODE: many share their last three letters with the airport of the town, many others do not."""
    zones = _zones().get(country, frozenset())
    if len(zones) == 1:
        return next(iter(zones))
    airport = _airports().get(name)
    return airport.zone if airport is not None and airport.country == country else ""


@cache
def alpha3(code: str) -> str | None:
    """A country as documents name it: three letters for two, ICAO's own as they are; None for no country."""
    code = code.upper()
    if code in OF_DOCUMENTS:
        return code
    found = pycountry.countries.get(alpha_2=code) if len(code) == 2 else pycountry.countries.get(alpha_3=code)
    return str(found.alpha_3) if found is not None else None


def utc_ms(code: str, local: datetime) -> int | None:
    """A time of the port's clock; None where the clock is not known."""
    found = place(code)
    if found is None or not found.zone:
        return None
    return int(local.replace(tzinfo=ZoneInfo(found.zone)).timestamp() * 1000)


def local(code: str, at_utc_ms: int | None) -> datetime | None:
    """What the port's clock shows; None where it is not known."""
    found = place(code)
    if found is None or not found.zone or at_utc_ms is None:
        return None
    return datetime.fromtimestamp(at_utc_ms / 1000, ZoneInfo(found.zone)).replace(tzinfo=None)
