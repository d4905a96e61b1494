"""The commands for a camera where it hangs: its exposure and its mounting."""

from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from calibration import whole
from calibration.camera import board as boards
from calibration.camera import exposure, keep, mounting, photos, views
from calibration.camera.board import Board, Finder, Sighting
from calibration.camera.commands import SquareMm, Squares
from calibration.camera.errors import MountingUnfit, PicturesUnfit
from calibration.camera.exits import told
from calibration.camera.mounting import Standing, View
from edge.eye.calibrated import Calibration, MountingSection, VolumeSection, load
from edge.eye.cameras import open_camera
from vision.optics import Mounting, Volume

File = Annotated[Path, typer.Argument(help="the camera's calibration, from `limen-calibrate camera`")]
Gain = Annotated[float | None, typer.Option(help="of the camera, in its own unit")]
Anyway = Annotated[bool, typer.Option("--anyway", help="write it although it is refused")]
SharpFrom = Annotated[float | None, typer.Option(min=0.2, help="nearest face that must be sharp; else the volume's")]
Photo = Annotated[Path | None, typer.Option(help="a picture of the board standing upright, instead of the tilt")]
BoardHeight = Annotated[float | None, typer.Option("--board-height-m", help="of its middle above the floor")]
MOST_ROLL_DEG, MOST_APART_M = 3.0, 0.05


def limits(
    file: File,
    address: Annotated[str, typer.Option("--camera", help="e.g. v4l2:/dev/video0")],
    mains_hz: Annotated[float, typer.Option(min=40, max=70, help="50 or 60")] = 50.0,
    sharp_from_m: SharpFrom = None,
    least_gain: Gain = None,
    most_gain: Gain = None,
    target_luma: Annotated[float, typer.Option(min=0.1, max=0.9, help="of a face, 0..1")] = 0.5,
    anyway: Anyway = False,
) -> None:
    """Find the limits of exposure and gain: no blurred faces, no bands of the lamps, no noise."""
    with told("exposure"), closing(open_camera(address)) as source:
        known = load(file)
        walk = _walk(known, sharp_from_m, source.read().pixels.shape[:2])
        gains = None if least_gain is None or most_gain is None else (least_gain, most_gain)
        print("measuring: keep the lane empty ...", flush=True)
        found = exposure.find(source, exposure.Wanted(walk, mains_hz, target_luma, gains))
        print("\n".join(found.words))
        _unless(anyway, [] if found.problem is None else [found.problem])
        whole.write(keep.with_section(known, "exposure", found.section), file)
    print(f"written to {file}: exposure {found.section.model_dump(exclude_none=True)}")


def _walk(known: Calibration, sharp_from_m: float | None, size: tuple[int, ...]) -> exposure.Walk:
    where = known.mounting or Mounting(tilt_deg=0.0)
    return exposure.Walk(known.lens(size[1], size[0]), where.tilt_deg, sharp_from_m or known.volume.nearest_m)


def _unless(anyway: bool, wrong: list[str]) -> None:
    if wrong and not anyway:
        raise MountingUnfit(f"refused, nothing was written: {'; '.join(wrong)} (--anyway writes it)")


def mount(
    file: File,
    height_m: Annotated[float | None, typer.Option(help="of the lens above the floor")] = None,
    tilt_deg: Annotated[float | None, typer.Option(help="of the lens, > 0 looks down")] = None,
    photo: Photo = None,
    board_m: BoardHeight = None,
    squares: Squares = "8x6",
    square_mm: SquareMm = 30.0,
    nearest_m: float = Volume().nearest_m,
    farthest_m: float = Volume().farthest_m,
    anyway: Anyway = False,
) -> None:
    """From height and tilt to the capture volume: who is in the picture, and what to change if somebody is not."""
    with told("mounting"):
        known = load(file)
        if photo is not None:
            where = _hanging(known, photo, boards.parse(squares, square_mm), height_m, board_m)
        elif height_m is not None and tilt_deg is not None:
            where = Mounting(height_m, tilt_deg)
        else:
            raise MountingUnfit("height and tilt are needed: --height-m with --tilt-deg, or --photo of the board")
        held = _hung(known, where, nearest_m, farthest_m)
        _check(held, file, anyway)
        whole.write(held, file)
    print(f"written to {file}: {held.mounting}, {held.volume}")


def _hung(known: Calibration, where: Mounting, nearest_m: float, farthest_m: float) -> Calibration:
    """Raises ValidationError."""
    section = MountingSection(height_m=round(where.height_m, 3), tilt_deg=round(where.tilt_deg, 2))
    room = VolumeSection.model_validate(
        asdict(replace(Volume(), nearest_m=nearest_m, farthest_m=farthest_m)),
    )
    return keep.with_section(keep.with_section(known, "mounting", section), "volume", room)


def _check(held: Calibration, file: Path, anyway: bool) -> None:
    """Tell and draw it.  Raises MountingUnfit if somebody is not in the picture."""
    seen, where, drawing = mounting.view(held.lens(held.width, held.height)), held.mounting, _drawing(file)
    assert where is not None, "a mounting was just put there"
    _tell(seen, where, held.volume)
    views.write_png(seen, where, held.volume, drawing)
    print(f"drawn in {drawing}")
    _unless(anyway, mounting.complaints(seen, where, held.volume))


def _drawing(file: Path) -> Path:
    return file.with_suffix(".mounting.png")


def _tell(seen: View, where: Mounting, volume: Volume) -> None:
    for end, away_m in (("near", volume.nearest_m), ("far", volume.farthest_m)):
        span = mounting.heights(seen, where, away_m)
        print(
            f"{end} end, {away_m:.2f} m: eyes from {span.lowest_m:.2f} to {span.highest_m:.2f} m high are in the "
            f"picture, which is {mounting.width_m(seen, away_m):.2f} m wide"
        )
    for found in mounting.reaches(seen, where, volume):
        way = "not seen" if found.until_m is None else f"seen from {volume.farthest_m:.2f} to {found.until_m:.2f} m"
        print(f"{found.person.who}, eyes at {found.person.eyes_m:.2f} m: {way}")


def _hanging(known: Calibration, photo: Path, board: Board, lens_m: float | None, board_m: float | None) -> Mounting:
    """From a picture of the board, whose middle is at board_m.  lens_m: as measured, if it was."""
    found = _standing(known, photo, board, board_m or 0.0)
    print(f"from {photo.name}: tilt {found.tilt_deg:.1f}°, roll {found.roll_deg:.1f}°", end="")
    print(f", height {found.height_m:.2f} m" if board_m is not None else "")
    if abs(found.roll_deg) > MOST_ROLL_DEG:
        raise MountingUnfit(
            f"the camera or the board leans sideways by {found.roll_deg:.1f}°, at most {MOST_ROLL_DEG:g}°: "
            "stand the board upright, then level the camera"
        )
    if lens_m is None and board_m is None:
        raise MountingUnfit("the height is needed: --height-m of the lens or --board-height-m of the board's middle")
    if board_m is not None and lens_m is not None and abs(found.height_m - lens_m) > MOST_APART_M:
        raise MountingUnfit(
            f"--height-m {lens_m:.2f} but the picture says {found.height_m:.2f} m: measure both heights again"
        )
    return Mounting(found.height_m if lens_m is None else lens_m, found.tilt_deg)


def _standing(known: Calibration, photo: Path, board: Board, board_m: float) -> Standing:
    if (picture := photos.read_picture(photo)) is None:
        raise PicturesUnfit(f"photo {photo}: not a readable picture")
    looked = photos.sight(Finder(board), picture, photo.name, "")
    if not isinstance(looked, Sighting):
        raise PicturesUnfit(f"photo {photo}: {looked.why}")
    return mounting.standing(looked, known.lens(looked.width, looked.height), board, board_m)
