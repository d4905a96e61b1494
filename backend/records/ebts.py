"""The same crossing as an XML package after ANSI/NIST-ITL 1-2011 and NIEM biometrics 1.0, the form EBTS 10 takes.

Names and order of elements follow the published schema; what is of this service's own stands in a namespace of its
own, where the schema has room for it.  `ebts.rng` beside this file says what is written here and is what `check`
compares with: it is ours, and no document has been validated against the publisher's own files.
"""

import base64
from functools import cache
from pathlib import Path

from lxml import etree

from backend.errors import Refused
from backend.records.facts import Facts
from backend.records.type10 import AMENDMENT, CROSSING, PNG, Told
from backend.records.words import AGENCY, day, indicators, name, told_utc_ms
from vision.image import size

MEDIA_TYPE = "application/xml"
ITL, BIOM = "http://biometrics.nist.gov/standard/2011", "http://niem.gov/niem/biometrics/1.0"
NC, OURS = "http://niem.gov/niem/niem-core/2.0", "urn:limen:crossing:1"
SPACES = {"itl": ITL, "biom": BIOM, "nc": NC, "limen": OURS}


def encode(facts: Facts) -> bytes:
    root = etree.Element(_q("itl:NISTBiometricInformationExchangePackage"), nsmap=SPACES)
    _header(root, facts)
    _words(root, facts)
    if facts.image is not None:
        _face(root, facts, facts.image)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _header(root: etree._Element, facts: Facts) -> None:
    record = _add(root, "itl:PackageInformationRecord")
    _add(record, "biom:RecordCategoryCode", text="01")
    about = _add(record, "biom:Transaction")
    _add(about, "biom:TransactionDate", "nc:Date", text=day(told_utc_ms(facts)))
    organization = ("nc:OrganizationIdentification", "nc:IdentificationID")
    _add(about, "biom:TransactionDestinationOrganization", *organization, text="IDENT")
    _add(about, "biom:TransactionOriginatingOrganization", *organization, text=AGENCY)
    _add(about, "biom:TransactionControlIdentification", "nc:IdentificationID", text=facts.key)
    if facts.amendment:
        reference = facts.crossing.crossing
        _add(about, "biom:TransactionControlReferenceIdentification", "nc:IdentificationID", text=reference)
    resolution = _add(about, "biom:TransactionImageResolutionDetails")
    _add(resolution, "biom:NativeScanningResolutionValue", text="00.00")
    _add(resolution, "biom:NominalTransmittingResolutionValue", text="00.00")
    _add(about, "biom:TransactionMajorVersionValue", text="05")
    _add(about, "biom:TransactionMinorVersionValue", text="00")
    _add(about, "biom:TransactionCategoryCode", text=AMENDMENT if facts.amendment else CROSSING)
    _content(about, ["02", "10"] if facts.image is not None else ["02"])


def _content(about: etree._Element, records: list[str]) -> None:
    content = _add(about, "biom:TransactionContentSummary")
    _add(content, "biom:ContentFirstRecordCategoryCode", text="01")
    _add(content, "biom:ContentRecordQuantity", text=str(len(records)))
    for number, category in enumerate(records):
        summary = _add(content, "biom:ContentRecordSummary")
        _add(summary, "biom:ImageReferenceIdentification", "nc:IdentificationID", text=f"{number:02}")
        _add(summary, "biom:RecordCategoryCode", text=category)


def _words(root: etree._Element, facts: Facts) -> None:
    record = _add(root, "itl:PackageDescriptiveTextRecord")
    _add(record, "biom:RecordCategoryCode", text="02")
    _add(record, "biom:ImageReferenceIdentification", "nc:IdentificationID", text="00")
    detail = _add(record, "itl:UserDefinedDescriptiveDetail", "limen:Crossing")
    if (of := facts.biographic) is not None:
        person = _add(detail, "limen:person")
        known = {"name": name(of), "surname": of.surname, "given": of.given, "birth": of.birth, "sex": of.sex}
        for key, value in (known | {"nationality": of.nationality}).items():
            _say(person, key, value)
    for key, value in indicators(facts).items():
        _say(detail, key, value)


def _say(parent: etree._Element, key: str, value: str) -> None:
    """Nothing where nothing is left of it: XML has no control characters (XML 1.0, 2.2)."""
    if said := "".join(
        c for c in value if c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff"
    ).strip():
        _add(parent, f"limen:{key}", text=said)


def _face(root: etree._Element, facts: Facts, image: bytes) -> None:
    record, pixels, png = _add(root, "itl:PackageFacialAndSMTImageRecord"), size(image), image.startswith(PNG)
    _add(record, "biom:RecordCategoryCode", text="10")
    _add(record, "biom:ImageReferenceIdentification", "nc:IdentificationID", text="01")
    face = _add(record, "biom:FaceImage")
    _add(face, "nc:BinaryBase64Object", text=base64.b64encode(image).decode())
    capture = _add(face, "biom:ImageCaptureDetail")
    _add(capture, "biom:CaptureDate", "nc:Date", text=day(facts.crossing.crossed_utc_ms))
    agency = ("biom:CaptureOrganization", "nc:OrganizationIdentification", "nc:IdentificationID")
    _add(capture, *agency, text=AGENCY)
    for key, value in (
        ("ImageColorSpaceCode", "SRGB" if png else "YCC"),
        ("ImageCompressionAlgorithmText", "PNG" if png else "JPEGB"),
        ("ImageHorizontalLineLengthPixelQuantity", pixels.width),
        ("ImageHorizontalPixelDensityValue", 1),
        ("ImageScaleUnitsCode", 0),
        ("ImageCategoryCode", "FACE"),
        ("ImageVerticalLineLengthPixelQuantity", pixels.height),
        ("ImageVerticalPixelDensityValue", 1),
        ("FaceImageAcquisitionProfileCode", 0),
        ("FaceImageSubjectPoseCode", "F"),
    ):
        _add(face, f"biom:{key}", text=str(value))


def decode(content: bytes) -> Told:
    """Raises Refused for bytes that are not such a package."""
    root = check(content)
    said = {etree.QName(e).localname: e.text or "" for e in root.iterfind(".//limen:Crossing/*", SPACES) if not len(e)}
    image = root.findtext(".//biom:FaceImage/nc:BinaryBase64Object", namespaces=SPACES)
    return Told(
        key=root.findtext(".//biom:TransactionControlIdentification/nc:IdentificationID", "", SPACES),
        said=said,
        name=root.findtext(".//limen:person/limen:name", "", SPACES),
        image=base64.b64decode(image) if image else None,
    )


def check(content: bytes) -> etree._Element:
    """The package, if it is one.  Raises Refused, naming the line."""
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise Refused(f"not XML: {error}") from error
    grammar = _grammar()
    if not grammar.validate(root):
        raise Refused(f"not a package: {grammar.error_log[0].line}: {grammar.error_log[0].message}")
    return root


@cache
def _grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(str(Path(__file__).with_suffix(".rng"))))


def _q(name: str) -> str:
    prefix, local = name.split(":")
    return f"{{{SPACES[prefix]}}}{local}"


def _add(parent: etree._Element, *path: str, text: str | None = None) -> etree._Element:
    """The last of a chain of new elements."""
    for tag in path:
        parent = etree.SubElement(parent, _q(tag))
    if text is not None:
        parent.text = text
    return parent
