"""A crossing as a transaction of ANSI/NIST-ITL 1-2011 in its traditional encoding, with the live image as Type-10.

Type-1 says who tells whom, Type-2 what happened, Type-10 shows the face.  Field numbers of Type-2 below 900 are those
of EBTS 10; from 900 on they are this service's own, in the order of `OWN`.
"""

from dataclasses import dataclass

import nistitl

from backend.errors import Refused
from backend.records.facts import Facts
from backend.records.words import AGENCY, day, indicators, moment, name, plain, told_utc_ms
from vision.image import size

MEDIA_TYPE = "application/vnd.ansi-nist"
VERSION = "0500"
CROSSING, AMENDMENT = "CRX", "CRA"  # types of transaction
NAME, BIRTH, SEX, CITIZENSHIP = 18, 22, 24, 21
OWN = 900
FIELDS = (
    *("event", "crossing", "kind", "direction", "port", "journey", "mode", "departure", "arrival", "crossed", "until"),
    *("policy", "citizen", "documentType", "documentNumber", "documentIssuer", "documentExpiry"),
    *("reason", "redress", "amended", "replacedBy"),
)
PNG = b"\x89PNG"


@dataclass(frozen=True, slots=True)
class Told:
    """What a receiver reads.  said: the indicators by name.  image: of the Type-10 record, if there is one."""

    key: str
    said: dict[str, str]
    name: str
    image: bytes | None


def encode(facts: Facts) -> bytes:
    message = nistitl.Message()
    message.TOT = AMENDMENT if facts.amendment else CROSSING
    header = message[0]
    header.VER, header.DAT = VERSION, day(told_utc_ms(facts)).replace("-", "")
    header.DAI, header.ORI, header.TCN = "IDENT", AGENCY, facts.key
    if facts.amendment:
        header.TCR = facts.crossing.crossing
    header.GMT = moment(told_utc_ms(facts)).replace("-", "").replace(":", "")[:15] + "Z"
    message += _words(facts)
    if facts.image is not None:
        message += _face(facts, facts.image)
    return bytes(message.NIST)


def _words(facts: Facts) -> nistitl.AsciiRecord:
    record, said = nistitl.AsciiRecord(2), indicators(facts)
    record.IDC = "00"
    if (of := facts.biographic) is not None:
        known = {NAME: name(of), BIRTH: of.birth.replace("-", ""), SEX: of.sex, CITIZENSHIP: of.nationality}
        for number, value in known.items():
            if value:
                record += nistitl.Field(2, number, plain(value))
    for number, key in enumerate(FIELDS, OWN):
        if key in said:
            record += nistitl.Field(2, number, plain(said[key]))
    return record


def _face(facts: Facts, image: bytes) -> nistitl.AsciiRecord:
    """SAP 0: a capture on the move fulfils no acquisition profile.  SLC 0: pixels have no physical size."""
    record, pixels = nistitl.AsciiRecord(10), size(image)
    png = image.startswith(PNG)
    record.IDC, record.IMT, record.SRC = "01", "FACE", AGENCY
    record.PHD = day(facts.crossing.crossed_utc_ms).replace("-", "")
    record.HLL, record.VLL, record.SLC, record.THPS, record.TVPS = pixels.width, pixels.height, 0, 1, 1
    record.CGA, record.CSP = ("PNG", "SRGB") if png else ("JPEGB", "YCC")
    record.SAP, record.POS = 0, "F"
    record.DATA = image
    return record


def decode(content: bytes) -> Told:
    """Raises Refused for bytes that are not such a transaction."""
    message = nistitl.Message()
    try:
        message.parse(content)
        words = next(message.iter(2))
        said = {key: str(words[n].value) for n, key in enumerate(FIELDS, OWN) if words[n] is not None}
        called = str(words[NAME].value) if words[NAME] is not None else ""
        faces = list(message.iter(10))
        image = bytes(faces[0][999].value) if faces else None
        return Told(str(message[0].TCN), said, called, image)
    except (nistitl.NistException, StopIteration, ValueError, IndexError, AttributeError, TypeError) as error:
        raise Refused(f"not a transaction of ANSI/NIST-ITL: {error}") from error
