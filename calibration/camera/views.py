"""The capture volume as drawings: from the side and from above."""

import math
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from calibration.camera.mounting import View, complaints, reaches
from vision.optics import Mounting, Volume

BEYOND_M = 0.4  # drawn behind the far end


def write_png(seen: View, mounting: Mounting, volume: Volume, file: Path) -> None:
    """Raises OSError."""
    figure = Figure(figsize=(11, 5), layout="constrained")
    wrong = complaints(seen, mounting, volume)
    figure.suptitle(
        f"camera {mounting.height_m:.2f} m above the floor, {mounting.tilt_deg:.1f}° down: "
        + ("everybody is in the picture" if not wrong else wrong[-1]),
        color="tab:green" if not wrong else "tab:red",
    )
    side, top = figure.subplots(1, 2, width_ratios=(3, 2))
    _side(side, seen, mounting, volume)
    _top(top, seen, volume)
    figure.savefig(file, dpi=110)


def _side(axes: Axes, seen: View, mounting: Mounting, volume: Volume) -> None:
    far, tilt = volume.farthest_m + BEYOND_M, math.radians(mounting.tilt_deg)
    up, down = (mounting.height_m + far * math.tan(angle) for angle in (seen.up - tilt, -seen.down - tilt))
    axes.add_patch(Polygon([(0, mounting.height_m), (far, up), (far, down)], color="gold", alpha=0.25))
    axes.plot([0, far], [mounting.height_m, mounting.height_m - far * math.tan(tilt)], ":", color="goldenrod")
    size = volume.farthest_m - volume.nearest_m, volume.highest_m - volume.lowest_m
    axes.add_patch(Rectangle((volume.nearest_m, volume.lowest_m), *size, fill=False, linestyle="--", color="tab:blue"))
    for found in reaches(seen, mounting, volume):
        eyes, until = found.person.eyes_m, found.until_m
        axes.plot([volume.nearest_m, volume.farthest_m], [eyes, eyes], ":", color="tab:red", linewidth=1)
        if until is not None:
            colour = "tab:green" if found.enough else "tab:orange"
            axes.plot([until, volume.farthest_m], [eyes, eyes], color=colour, linewidth=4, solid_capstyle="butt")
        words = "not in the picture" if until is None else f"from {volume.farthest_m:.2f} to {until:.2f} m"
        axes.annotate(f"{found.person.who}, eyes {eyes:.2f} m: {words}", (volume.nearest_m, eyes + 0.03), fontsize=8)
    axes.plot(0, mounting.height_m, "s", color="black", markersize=9)
    axes.axhline(0, color="black", linewidth=3)
    axes.set(title="from the side", xlabel="m from the camera", ylabel="m above the floor")
    axes.set(xlim=(-0.15, far), ylim=(0, 2.6), aspect="equal")


def _top(axes: Axes, seen: View, volume: Volume) -> None:
    far = volume.farthest_m + BEYOND_M
    left, right = -far * math.tan(seen.left), far * math.tan(seen.right)
    axes.add_patch(Polygon([(0, 0), (left, far), (right, far)], color="gold", alpha=0.25))
    size = 2 * volume.half_width_m, volume.farthest_m - volume.nearest_m
    corner = -volume.half_width_m, volume.nearest_m
    axes.add_patch(Rectangle(corner, *size, fill=False, linestyle="--", color="tab:blue"))
    full = volume.half_width_m / min(math.tan(seen.left), math.tan(seen.right))
    axes.annotate(
        f"capture volume, seen over\nits whole width from {full:.2f} m on", (0, volume.farthest_m - 0.3), ha="center"
    )
    axes.plot(0, 0, "s", color="black", markersize=9)
    axes.set(title="from above", xlabel="m right of the camera", ylabel="m from the camera")
    axes.set(xlim=(-1.6, 1.6), ylim=(-0.15, far), aspect="equal")
