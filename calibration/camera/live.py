"""A technician, a board and a live camera: one pose after the other, a picture whenever the board is still."""

import hashlib
from collections.abc import Callable
from contextlib import closing

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from calibration.camera.board import Board, Finder, Sighting
from calibration.camera.coverage import grid
from calibration.camera.guide import Advice, Guide, HoldSo, Show, Took
from calibration.camera.photos import Skipped, sight
from calibration.camera.solve import LEAST_PICTURES
from edge.eye.cameras import open_camera
from edge.eye.frame import Frame


def take(address: str, board: Board, console: Console) -> list[Sighting]:
    """Only the corners and a hash of each picture are kept.  Raises CameraLost; KeyboardInterrupt stops it."""
    guide, finder = Guide(), Finder(board)
    with closing(open_camera(address)) as camera, Live(console=console, refresh_per_second=8) as live:
        follow(camera.read, finder, guide, lambda advice: live.update(prompt(guide, advice)))
    return guide.taken


def follow(read: Callable[[], Frame], finder: Finder, guide: Guide, show: Callable[[Advice], None]) -> None:
    """Until the guide has what it needs."""
    while not guide.done:
        pixels = read().pixels
        name = f"picture {len(guide.taken) + 1}"
        looked = sight(finder, pixels, name, hashlib.sha256(pixels.tobytes()).hexdigest())
        show(guide.see(None if isinstance(looked, Skipped) else looked))


def prompt(guide: Guide, advice: Advice) -> Group:
    wanted = guide.wanted
    next_pose = wanted[0].value if wanted else "hold it anywhere else, at another distance"
    match advice:
        case Show():
            state = Text("the board is not seen", "red")
        case HoldSo(True):
            state = Text("good: hold it still", "yellow")
        case HoldSo(False):
            state = Text("the board is seen", "white")
        case Took(poses):
            state = Text(f"picture taken: {', '.join(pose.name.lower().replace('_', ' ') for pose in poses)}", "green")
    head = Text(f"{len(guide.taken)} of at least {LEAST_PICTURES} pictures, {len(wanted)} poses to go   (Ctrl-C stops)")
    return Group(head, Text(f"next: {next_pose}", "bold"), state, grid(guide.taken))
