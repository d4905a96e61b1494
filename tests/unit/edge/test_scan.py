"""`limen-gate scan`: text, standard input and images to one JSON object or lines for a person."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result
from zxingcpp import BarcodeFormat

from edge.scan import command

PASS = "M1DESMARAIS/LUC       EABC123 YULFRAAC 0834 326J001A0025 100"
PASSPORT = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n"
app = typer.Typer()
app.command()(command)


def run(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(app, [*arguments, "--today", "2026-11-20"], input=stdin)


def result(*arguments: str, stdin: str | bytes = "") -> dict[str, object]:
    told = json.loads(run(*arguments, "--json", stdin=stdin).stdout)
    assert isinstance(told, dict)
    return told


def test_the_json_of_a_pass() -> None:
    told = result(PASS)
    assert list(told) == ["kind", "ok", "fields", "findings"]
    assert (told["kind"], told["ok"], told["findings"]) == ("bcbp", True, [])
    fields = told["fields"]
    assert isinstance(fields, dict)
    assert (fields["surname"], fields["given"], fields["leg_count"]) == ("DESMARAIS", "LUC", 1)
    (leg,) = fields["legs"]
    said = (
        "locator",
        "from",
        "to",
        "carrier",
        "flight",
        "day_of_year",
        "date",
        "compartment",
        "seat",
        "sequence",
        "status",
    )
    assert [leg[name] for name in said] == [
        "ABC123",
        "YUL",
        "FRA",
        "AC",
        "0834",
        326,
        "2026-11-22",
        "J",
        "001A",
        "0025",
        "1",
    ]


def test_the_json_of_a_passport_from_standard_input() -> None:
    told = result("-", stdin=PASSPORT)
    assert (told["kind"], told["ok"], told["findings"]) == ("mrz", True, [])
    fields = told["fields"]
    assert isinstance(fields, dict)
    said = ("surname", "given", "number", "birth", "expiry", "nationality", "issuer", "sex", "document_code", "zone")
    assert [fields[name] for name in said] == [
        "ERIKSSON",
        "ANNA MARIA",
        "L898902C3",
        "1974-08-12",
        "2012-04-15",
        "UTO",
        "UTO",
        "F",
        "P",
        "TD3",
    ]
    assert fields["check_digits"]["composite"] == {"read": "0", "expected": "0", "ok": True}


def test_a_person_reads_the_fields_and_what_is_wrong() -> None:
    shown = run("-", stdin=PASSPORT.replace("L898902C3", "L8989O2C3"))
    assert shown.exit_code == 1
    assert "machine readable zone: NOT ok" in shown.stdout
    assert "number: L8989O2C3" in shown.stdout
    assert "line 2 position 5 is O; 0 would satisfy the check digit" in shown.stdout


@pytest.mark.parametrize(
    ("text", "code"), [(PASS, 0), (PASS.replace("YUL", "QQQ"), 1), (PASS[:20], 2), ("hello", 2), ("", 2), ("M1", 2)]
)
def test_the_exit_code_says_sound_wrong_or_of_no_use(text: str, code: int) -> None:
    assert run(text).exit_code == code
    assert run("-", stdin=text).exit_code == code


def test_what_is_neither_says_why() -> None:
    told = result("hello")
    assert (told["kind"], told["ok"], told["fields"]) == (None, False, {})
    findings = told["findings"]
    assert isinstance(findings, list)
    assert {"item", "position", "problem"} <= set(findings[0])
    assert "neither a boarding pass nor a machine readable zone" in findings[0]["problem"]


def test_blanks_at_the_end_of_a_pass_count() -> None:
    text = PASS[:-2] + "0C>30000AB    "
    assert result(text)["findings"] == []
    assert result("-", stdin=text + "\n")["findings"] == []


def test_marks_of_a_reader_are_told() -> None:
    told = result("-", stdin="\x02]L2" + PASS + "\x03\r\n")
    findings = told["findings"]
    assert isinstance(findings, list)
    assert (told["ok"], [finding["item"] for finding in findings]) == (True, ["reader mark"] * 3)


@pytest.mark.parametrize("symbology", [BarcodeFormat.PDF417, BarcodeFormat.Aztec, BarcodeFormat.QRCode])
def test_an_image_of_a_barcode_is_read(tmp_path: Path, symbology: BarcodeFormat) -> None:
    code = zxingcpp.create_barcode(PASS, symbology)
    pixels = np.array(zxingcpp.write_barcode_to_image(code, scale=4))
    file = tmp_path / "pass.png"
    assert cv2.imwrite(str(file), cv2.copyMakeBorder(pixels, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=(255.0,)))
    told = result(str(file))
    assert (told["kind"], told["ok"]) == ("bcbp", True)


def test_an_image_without_a_barcode_says_that_printed_lines_are_not_read(tmp_path: Path) -> None:
    file = tmp_path / "page.jpg"
    assert cv2.imwrite(str(file), np.full((100, 200, 3), 200, np.uint8))
    shown = run(str(file))
    assert shown.exit_code == 2
    assert "not read from images" in shown.stdout


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("claims.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\x7f\xff\xff\xff" * 2, "pixels are accepted"),
        ("text.png", b"M1", "neither JPEG nor PNG"),
        ("pass.txt", PASS.encode(), "limen-gate scan - < FILE"),
    ],
)
def test_a_file_that_is_no_image_is_refused_before_decoding(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    shown = run(str(file))
    assert (shown.exit_code, words in shown.stdout) == (2, True)


@pytest.mark.parametrize("path", ["./nowhere", "/nowhere/pass", "~/pass.png", "pass.jpg"])
def test_a_path_that_is_not_there_is_told(path: str) -> None:
    shown = run(path)
    assert (shown.exit_code, f"{path}: there is no such file" in shown.stdout) == (2, True)


def test_a_flood_on_standard_input_is_refused() -> None:
    assert "no document is that long" in run("-", stdin=b"M" * 100_000).stdout


@given(st.binary(max_size=150))
def test_any_bytes_on_standard_input_give_a_result(noise: bytes) -> None:
    told = result("-", stdin=noise)
    assert list(told) == ["kind", "ok", "fields", "findings"]
    assert told["ok"] is False
    assert told["findings"]
