"""Specimen manifests as text: nobody in them exists."""

from collections.abc import Sequence

HEAD = "UNB+UNOA:4+XX+LIMEN+261122:0800+1'"
LEG = "TDT+20+XX0138+++XX'LOC+125+ZRH'DTM+189:2611221030:201'LOC+87+HKG'DTM+232:2611230610:201'"
ANNA = (
    "NAD+FL+++SPECI?'MEN:ANNA:MARIA'ATT+2++F'DTM+329:640812'LOC+178+ZRH'LOC+179+HKG'NAT+2+UTO'RFF+AVF:ABC123'"
    "RFF+ABO:P1'RFF+SEA:12A'DOC+P:110:111+L898902C3'DTM+36:300101'LOC+91+UTO'"
)
BEN = "NAD+FL+++SPECIMEN:BEN'ATT+2++M'DTM+329:19900101'NAT+2+CHE'RFF+ABO:P2'DOC+P:110:111+L898902C4'LOC+91+CHE'"
CARL = "NAD+FM+++CREW:CARL'ATT+2++M'DTM+329:800203'NAT+2+UTO'DOC+P:110:111+L898902C9'LOC+91+UTO'"


def message(
    people: Sequence[str], *, leg: str = LEG, bgm: str = "BGM+745'", part: str = "", count: int | None = None
) -> str:
    """From UNH to UNT, counted right.  part: as "+XX0138/261122+01:C"."""
    passengers = sum(one.startswith("NAD+FL") for one in people) if count is None else count
    crew = sum(one.startswith("NAD+FM") for one in people)
    counts = (f"CNT+42:{passengers}'" if passengers else "") + (f"CNT+41:{crew}'" if crew else "")
    body = f"UNH+1+PAXLST:D:12B:UN:IATA{part}'{bgm}{leg}{''.join(people)}{counts}"
    return f"{body}UNT+{body.replace('?' + chr(39), '').count(chr(39)) + 1}+1'"


def interchange(*messages: str, head: str = "UNA:+.? '" + HEAD) -> bytes:
    return f"{head}{''.join(messages)}UNZ+{len(messages)}+1'".encode()


GOOD = interchange(message([ANNA, CARL]))


def telegram(content: bytes, width: int = 64) -> bytes:
    """As a teletype network delivers it: addressed, cut at a column, with something behind."""
    text = content.decode()
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    return "\r\n".join(["QD ZRHLIXX HDQLIXX", ".ZRHXXXX 220801", *lines, "", "=END OF MESSAGE", ""]).encode()
