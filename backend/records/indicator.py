"""What TECS and ADIS are told: who crossed when and where, as JSON; never an image."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from backend.records.facts import Facts
from backend.records.words import indicators

MEDIA_TYPE = "application/json"
ALWAYS = ("event", "crossing", "kind", "direction", "port", "journey", "crossed")
PERSON = ("surname", "given", "sex", "birth", "nationality")


def encode(facts: Facts) -> bytes:
    of = facts.biographic
    who = {key: value for key, value in asdict(of).items() if key in PERSON} if of else {}
    said = {"key": facts.key, **indicators(facts), **({"person": who} if who else {})}
    return json.dumps(said, ensure_ascii=False, sort_keys=True).encode()


def lacks(said: Mapping[str, object]) -> list[str]:
    """What an indicator must say and does not: how a system of record tells it from noise."""
    missing = [key for key in ALWAYS if not isinstance(said.get(key), str)]
    if said.get("event") == "crossing" and not isinstance(said.get("person"), dict):
        missing.append("person")
    return missing
