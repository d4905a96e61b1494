"""Lists of travellers as carriers send them, and what carriers are told: shared by the tests about either."""

import warnings

from pydifact import Parser

NOW_UTC_MS = 1_795_336_000_000  # the morning of 22 November 2026


def told(content: bytes) -> list[tuple[str, str]]:
    """(the carrier's reference of a person, what to do)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        segments = list(Parser().parse(content.decode("latin-1")))
    found, reference = [], ""
    for one in segments:
        if one.tag == "ERP":
            reference = ""
        if one.tag == "RFF" and one.elements[0][0] == "ABO":
            reference = one.elements[0][1]
        if one.tag == "ERC" and one.elements[0].endswith("Z"):
            found.append((reference, one.elements[0]))
    return found
