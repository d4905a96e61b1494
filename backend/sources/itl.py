"""Questions and answers about faces as ANSI/NIST-ITL files in the traditional encoding (NIST SP 500-290e3).

A question is a Type-2 record with the travel document, an answer one Type-10 record for each photo.  Type-2 fields
from 2.003 on are for a domain to define; this is ours, named in field 1.013.
"""

import re
import struct
from collections.abc import Sequence

from nistitl import AsciiRecord, BinaryField, Field, Message, NistError, NistException

from backend.sources.photo import MOST_PHOTOS, Photo

MEDIA_TYPE = "application/octet-stream"
DOMAIN, VERSION, DEAREST = "LIMEN", "0502", 9
ASK, TELL = "FACEREQ", "FACERES"
KIND, ISSUER, NUMBER = 3, 4, 5  # Type-2: of the travel document
FORMATS = {"JPEGB": "jpeg", "PNG": "png"}  # 10.011; JPEG 2000 and raw pixels are not taken
POSED = 40  # from this profile on, pose is mandatory (10.020)
RUBBISH = (NistException, LookupError, ValueError, struct.error, AttributeError, TypeError, RecursionError)
SEPARATORS = frozenset("\x1c\x1d\x1e\x1f")


class NotItl(Exception):
    """The bytes are not such a file.  Says what is wrong with it, not what is in it."""


class _Bounded(Message):  # type: ignore[misc]  # the library has no types
    """nistitl copies the rest of the file for each record: a file of a million tiny ones would take days."""

    __slots__ = ()

    def _factory(self, record: int, autocreate: bool, autosort: bool) -> AsciiRecord:
        if record not in (2, 10) or len(self) > MOST_PHOTOS:
            raise NistException(f"record of type {record}, or more than {MOST_PHOTOS}", NistError.BAD_CONTENT)
        return super()._factory(record, autocreate, autosort)


def question(kind: str, issuer: str, number: str, day: str, control: str) -> bytes:
    """day: YYYYMMDD.  control: this question's own number, 1.009.  Raises NotItl for what a text cannot hold."""
    record = AsciiRecord(2)
    record.IDC = 1
    for tag, value in ((KIND, kind), (ISSUER, issuer), (NUMBER, number)):
        if SEPARATORS & set(value):
            raise NotItl("a field has characters that separate fields")
        record += Field(2, tag, value)
    return _file(ASK, [record], day, control)


def asked(content: bytes) -> tuple[str, str, str]:
    """(kind, issuer, number) of a question.  Raises NotItl."""
    message = _parsed(content, ASK)
    try:
        record = next(message.iter(2))
        return str(record[KIND].value), str(record[ISSUER].value), str(record[NUMBER].value)
    except (*RUBBISH, StopIteration) as error:
        raise NotItl("the question has no complete Type-2 record") from error


def answer(photos: Sequence[tuple[Photo, tuple[int, int]]], day: str, control: str) -> bytes:
    """photos: each with its width and height, pixels."""
    return _file(TELL, [_face(number, *photo) for number, photo in enumerate(photos, 1)], day, control)


def faces(content: bytes) -> list[Photo]:
    """Photos of an answer.  A record that is not a usable face costs its photo only.  Raises NotItl."""
    message = _parsed(content, TELL)
    try:
        found = [_photo(record) for record in message.iter(10)]
    except RUBBISH as error:
        raise NotItl(f"a Type-10 record cannot be read ({type(error).__name__})") from error
    return [photo for photo in found if photo is not None]


def _file(kind: str, records: Sequence[AsciiRecord], day: str, control: str) -> bytes:
    message = Message()
    message.TOT = kind
    head = message[0]
    head.VER, head.DAT, head.PRY, head.DAI, head.ORI, head.TCN = VERSION, day, DEAREST, "IDENT", "LIMEN", control
    head += Field(1, 13, [[DOMAIN, "1"]], alias="DOM")
    for record in records:
        message += record
    try:
        return bytes(message.NIST)
    except RUBBISH as error:
        raise NotItl("a field has characters the traditional encoding cannot hold") from error


def _face(number: int, photo: Photo, size: tuple[int, int]) -> AsciiRecord:
    """A frontal face; density is not known of most sources, so scale is said to be a ratio (10.008 = 0)."""
    record = AsciiRecord(10)
    record.IDC = number
    record.IMT, record.SRC, record.PHD = "FACE", "IDENT", photo.taken.replace("-", "")
    record.HLL, record.VLL, record.SLC, record.THPS, record.TVPS = str(size[0]), str(size[1]), "0", "1", "1"
    record.CGA = next(code for code, name in FORMATS.items() if name == photo.format)
    record.CSP, record.SAP, record.POS = "YCC" if photo.format == "jpeg" else "SRGB", str(photo.sap or 0), "F"
    record += BinaryField(10, 999, photo.content, alias="DATA")
    return record


def _parsed(content: bytes, kind: str) -> Message:
    message = _Bounded()
    try:
        message.parse(content)
        said = str(message.TOT)
    except RUBBISH as error:
        raise NotItl(f"not an ANSI/NIST-ITL file ({type(error).__name__})") from error
    if said != kind:
        raise NotItl(f"type of transaction is not {kind}")
    return message


def _photo(record: AsciiRecord) -> Photo | None:
    profile, content = _text(record, 13), record[999]
    if _text(record, 3) != "FACE" or _text(record, 11) not in FORMATS or content is None:
        return None
    if not re.fullmatch(r"\d{1,2}", profile):
        return None  # mandatory for a face: who made this record did not mean one
    if int(profile) >= POSED and not _text(record, 20):
        return None
    day = _text(record, 5)
    taken = f"{day[:4]}-{day[4:6]}-{day[6:]}" if re.fullmatch(r"\d{8}", day) else ""
    return Photo(bytes(content.value), FORMATS[_text(record, 11)], taken, int(profile))


def _text(record: AsciiRecord, tag: int) -> str:
    field = record[tag]
    return "" if field is None or not isinstance(field.value, str) else field.value
