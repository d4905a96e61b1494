"""Where frames come from: one entry for every kind of camera."""

from pathlib import Path

from edge.errors import CameraLost
from edge.eye.cameras.clip import ClipCamera
from edge.eye.cameras.fault import Fault, open_fault
from edge.eye.cameras.rtsp import RtspCamera, TapCamera, spoken
from edge.eye.cameras.rtsp import check as check_url
from edge.eye.cameras.v4l2 import Place, V4l2Camera
from edge.eye.frame import Camera

__all__ = ["ClipCamera", "check_address", "open_camera", "spoken"]
FORMS = "v4l2:DEVICE, rtsp://HOST/PATH, clip:FILE or fault:KIND:CLIP"


def open_camera(address: str) -> Camera:
    """Open the camera at an address, ready to be read.  Raises CameraLost, which names it and what to check.

    v4l2:/dev/video0            a camera of this machine at 1920 x 1080
    v4l2:/dev/video0?exposure_us=8000&gain=10&white_balance_k=4600&focus=30
                                the same, its controls set by hand; what it does not take is in its `remarks`
    rtsp://USER:PASSWORD@HOST:PORT/PATH
                                a camera on the network, fetched by a process of its own (rtsps:// likewise)
    clip:FILE                   a video, or a .m3u playlist of videos, in real time
    fault:KIND:FILE             a video that goes wrong after a second; KIND: black, frozen, half, slow, fast,
                                wrong-size, vanish
    tap:WINDOW,WORDS,NAME       inside the eye: a camera on the network that the brain has fetched
    """
    kind, _, where = address.partition(":")
    match kind:
        case "v4l2":
            return V4l2Camera(Place.parse(where))
        case "rtsp" | "rtsps":
            return RtspCamera(address)
        case "clip":
            return ClipCamera(Path(where))
        case "fault":
            return open_fault(where)
        case "tap":
            return TapCamera.parse(where)
    raise CameraLost(f"camera {spoken(address)!r}: expected {FORMS}")


def check_address(address: str) -> None:
    """Refuse an address of settings that can never be a camera; one that is only unplugged may come back.

    Nothing is decoded here: that is the eye's.  Raises CameraLost.
    """
    kind, _, where = address.partition(":")
    match kind:
        case "v4l2" if where:
            Place.parse(where)
        case "rtsp" | "rtsps":
            check_url(address)
        case "clip" if where:
            _check_clip(where)
        case "fault" if where.partition(":")[0] in set(Fault):
            _check_clip(where.partition(":")[2])
        case _:
            raise CameraLost(f"camera {spoken(address)!r}: expected {FORMS}")


def _check_clip(where: str) -> None:
    """A video that is there, or a playlist whose first video is."""
    clip = Path(where)
    try:
        if clip.suffix == ".m3u":
            listed = [line for line in clip.read_text().splitlines() if line and not line.startswith("#")]
            clip = clip.parent / listed[0] if listed else clip  # it may grow
        with clip.open("rb"):
            pass
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise CameraLost(
            f"camera 'clip:{where}': {clip}: {why}; name a video or a .m3u playlist that is there"
        ) from error
