"""Barcodes written by the library, then printed badly: tilted, small, grey, noisy."""

import cv2
import numpy as np
import pytest
import zxingcpp
from zxingcpp import BarcodeFormat

from hardware.documents.barcodes import Pixels, read

SHORT = "M1DESMARAIS/LUC       EABC123 YULFRAAC 0834 326J001A0025 100"
LONG = (
    "M1DESMARAIS/LUC       EAB12C3 YULFRAAC 0834 326J003A0027 167>5321WW1325BAC 001412345600200141234670010014123478901"
    "2A0141234567890 1AC AC 1234567890123    4PCYLX58Z^164GIWVC5EH7JNT684FVNJ91W2QA4DVN5J8K4F0L0GEQ3DF5TGBN8709HKT5D3DW"
    "3GBHFCVHMY7J5T6HFR41W2QA4DVN5J8K4F0L0GE"
)


def picture(text: str, symbology: BarcodeFormat, tilt_deg: float, *, scale: int = 3, noise: float = 10.0) -> Pixels:
    """A barcode with margins, turned counter-clockwise, greyed and noisy, in BGR."""
    code = zxingcpp.create_barcode(text, symbology)
    clean = cv2.copyMakeBorder(
        np.array(zxingcpp.write_barcode_to_image(code, scale=scale)),
        40,
        40,
        40,
        40,
        cv2.BORDER_CONSTANT,
        value=(255.0,),
    )
    height, width = clean.shape
    side = int(np.hypot(height, width)) + 10
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), tilt_deg, 1.0)
    turn[:, 2] += (side - width) / 2, (side - height) / 2
    turned = cv2.warpAffine(clean, turn, (side, side), borderValue=(255.0,)).astype(np.float64)
    noisy = turned * 0.8 + 20 + np.random.default_rng(7).normal(0, noise, turned.shape)
    return np.asarray(cv2.cvtColor(np.clip(noisy, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR), np.uint8)


@pytest.mark.parametrize("symbology", [BarcodeFormat.Aztec, BarcodeFormat.QRCode, BarcodeFormat.DataMatrix])
@pytest.mark.parametrize("tilt_deg", [0, 17, -45, 120])
def test_square_codes_are_read_at_any_tilt(symbology: BarcodeFormat, tilt_deg: float) -> None:
    assert [code.text for code in read(picture(LONG, symbology, tilt_deg))] == [LONG]


@pytest.mark.parametrize("tilt_deg", range(-20, 21, 4))
@pytest.mark.parametrize(("scale", "noise"), [(2, 5.0), (4, 20.0)])
def test_pdf417_is_read_up_to_twenty_degrees(tilt_deg: int, scale: int, noise: float) -> None:
    (code,) = read(picture(SHORT, BarcodeFormat.PDF417, tilt_deg, scale=scale, noise=noise))
    assert (code.text, code.symbology) == (SHORT, "PDF417")
    assert abs(code.turned_deg + tilt_deg) <= 3


def test_a_long_pdf417_is_read_tilted() -> None:
    (code,) = read(picture(LONG, BarcodeFormat.PDF417, -13))
    assert code.text == LONG


def test_a_code_on_one_grey_channel_is_read() -> None:
    grey = np.asarray(picture(SHORT, BarcodeFormat.PDF417, 0)[:, :, 0])
    assert [code.text for code in read(grey)] == [SHORT]


def test_two_codes_in_a_picture_are_both_read() -> None:
    left, right = picture(SHORT, BarcodeFormat.QRCode, 0), picture(SHORT.replace("LUC", "ANN"), BarcodeFormat.QRCode, 0)
    found = read(np.hstack([left, right]))
    assert {code.text for code in found} == {SHORT, SHORT.replace("LUC", "ANN")}


def test_an_empty_picture_has_no_codes() -> None:
    assert read(np.full((200, 300, 3), 255, np.uint8)) == ()
    assert read(np.zeros((0, 0, 3), np.uint8)) == ()


@pytest.mark.parametrize("shape", [(10, 10, 4), (10,), (1, 10, 10, 3)])
def test_pixels_of_another_shape_are_a_bug_upstream(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="pixels must be"):
        read(np.zeros(shape, np.uint8))
