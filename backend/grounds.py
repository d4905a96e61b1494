"""Whether a ground is more than a face: an officer's reason to act against somebody must be (HUM-1, BI-07).

What somebody writes cannot be proved true by reading it.  What can be refused is what says nothing but that a face
was found alike, in whatever words; the rest stands in the audit log under the name of who wrote it.
"""

import re

from backend.errors import Refused

WORD = re.compile(r"[^\W\d_]{3,}")  # letters of any script: a number alone may be a score
_FACE = (
    "face faces facial faced biometric biometrics biometrical recognition recognised recognized recognise recognize"
    " match matches matched matching matcher mismatch nonmatch identification identified identify identity identical"
    " similarity similar score scored scores threshold percent confidence probability algorithm algorithms"
    " camera cameras gate gates kiosk image images photo photos photograph photographs picture pictures portrait"
    " portraits selfie template templates gallery system systems computer software machine device app verification"
    " verified liveness live spoof look looks looked looking alike resemble resembles resembled resemblance likeness"
    " appearance appears seems like likely same person people traveller traveler passenger man woman individual"
    " alert alerts alerted hit hits hotlist watchlist listed list flagged flag positive candidate probe"
    " comparison compared compare iris fingerprint fingerprints tvs limen"
)
_FILLER = (
    "the and for with was were has have had his her him she they them their this that these those from are not but"
    " too very high strong good clear full exact best said says told shows showed shown found given gave because"
    " only than then there here who which what when where why how also all any our your its says per via according"
    " does did done can could would will shall may might must should been being into onto about after before over"
    " under more most less least much many some such one two three again still just really definitely certainly sure"
    " surely believe believed think thought suspect suspected suspicion suspicious result results well almost quite"
    " none nothing unknown reason ground test asdf xxx yes tbd nil null"
)
EMPTY = frozenset(f"{_FACE} {_FILLER}".split())


def not_biometric(ground: str) -> str:
    """The ground, without spaces around it.  Raises Refused if it is empty or says nothing but that faces match."""
    said = ground.strip()
    if not any(word not in EMPTY for word in WORD.findall(said.casefold())):
        raise Refused(
            "ground: needs something that is not the face, such as a warrant or a document; a match of faces is a lead"
        )
    return said
