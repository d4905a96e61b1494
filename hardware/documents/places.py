"""Codes of places: IATA airports and cities, ISO 3166-1 states and those ICAO Doc 9303-3 §5 adds."""

from functools import cache

import airportsdata
import pycountry

ICAO_ONLY = {
    "D": "Germany",
    "EUE": "European Union (laissez-passer)",
    "GBD": "British Overseas Territories Citizen",
    "GBN": "British National (Overseas)",
    "GBO": "British Overseas Citizen",
    "GBP": "British Protected Person",
    "GBS": "British Subject",
    "IAO": "International Civil Aviation Organization",
    "RKS": "Kosovo",
    "UNA": "United Nations specialised agency",
    "UNK": "United Nations Interim Administration Mission in Kosovo",
    "UNO": "United Nations",
    "UTO": "Utopia (specimens)",
    "XBA": "African Development Bank",
    "XCC": "Caribbean Community",
    "XCE": "Council of Europe",
    "XCO": "Common Market for Eastern and Southern Africa",
    "XDC": "Southern African Development Community",
    "XEC": "Economic Community of West African States",
    "XES": "Organization of Eastern Caribbean States",
    "XIM": "African Export-Import Bank",
    "XMP": "Parliamentary Assembly of the Mediterranean",
    "XOM": "Sovereign Military Order of Malta",
    "XPO": "International Criminal Police Organization",
    "XXA": "stateless (1954 Convention)",
    "XXB": "refugee (1951 Convention)",
    "XXC": "refugee, other",
    "XXX": "nationality not stated",
    "NTZ": "Neutral Zone",
}


@cache
def airports() -> frozenset[str]:
    """IATA codes of airports and of cities with several."""
    return frozenset(airportsdata.load("IATA")) | frozenset(airportsdata.load_iata_macs())


@cache
def states() -> frozenset[str]:
    """Three-letter codes that may stand for an issuer or a nationality, without fillers."""
    return frozenset(country.alpha_3 for country in pycountry.countries) | frozenset(ICAO_ONLY)
