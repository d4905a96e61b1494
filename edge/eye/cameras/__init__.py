"""Where frames come from: one entry for every kind of camera."""

from pathlib import Path

from edge.errors import CameraLost
from edge.eye.cameras.clip import ClipCamera
from edge.eye.cameras.fault import open_fault
from edge.eye.cameras.rtsp import RtspCamera, TapCamera, spoken
from edge.eye.cameras.v4l2 import Place, V4l2Camera
from edge.eye.frame import Camera

__all__ = ["ClipCamera", "open_camera", "spoken"]
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
