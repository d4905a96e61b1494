"""The eye's two threads: the camera fills the mailbox, the looker empties it and tells the brain."""

import socket
import struct
import threading
import time

from limen.v1 import eye_pb2, verification_pb2

from edge.errors import CameraLost
from edge.eye.cameras import open_camera
from edge.eye.frame import Frame, Latest
from edge.eye.look import Candidate, Look, Nobody, NotYet, Sight

OLDEST_NS = 500_000_000  # a frame older than this never decides
REOPEN_S = 1.0
LIVENESS_MODEL = "faceplugin-fr_liveness"


def watch(address: str, brain: socket.socket) -> None:
    """Look for ever.  Raises OSError when the brain is gone."""
    latest, look = Latest(), Look()
    threading.Thread(target=_film, args=(address, latest), name="camera", daemon=True).start()
    described = ""
    while True:
        try:
            frame = latest.take(REOPEN_S)
        except CameraLost as error:
            _tell(brain, eye_pb2.Sight(camera_fault=eye_pb2.CameraFault(problem=str(error))))
            described = ""
            continue
        if frame is None or time.monotonic_ns() - frame.captured_ns > OLDEST_NS:
            continue
        height, width = frame.pixels.shape[:2]
        if not described:
            described = address
            camera = verification_pb2.Camera(name=address[-80:], width=width, height=height)
            _tell(brain, eye_pb2.Sight(camera_ready=eye_pb2.CameraReady(camera=camera)))
        _tell(brain, _message(frame, look(frame)))


def _film(address: str, latest: Latest) -> None:
    """Keep a camera open; after a fault, re-open it whole."""
    while True:
        try:
            camera = open_camera(address)
            try:
                while True:
                    latest.put(camera.read())
            finally:
                camera.close()
        except CameraLost as error:
            latest.put(error)
            time.sleep(REOPEN_S)


def _tell(brain: socket.socket, sight: eye_pb2.Sight) -> None:
    body = sight.SerializeToString()
    brain.sendall(struct.pack(">I", len(body)) + body)


def _message(frame: Frame, sight: Sight) -> eye_pb2.Sight:
    message = eye_pb2.Sight(frame=frame.number, captured_ns=frame.captured_ns, seen_ns=time.monotonic_ns())
    match sight:
        case Nobody():
            message.nobody.SetInParent()
        case NotYet(subject, cue):
            message.not_yet.subject = subject or 0
            message.not_yet.cue = verification_pb2.Cue.Value(f"CUE_{cue.name}")
        case Candidate():
            _fill(message.candidate, sight, frame.number)
    return message


def _fill(message: eye_pb2.Candidate, sight: Candidate, frame: int) -> None:
    message.subject, message.rank = sight.subject, sight.rank
    if sight.cue:
        message.cue = verification_pb2.Cue.Value(f"CUE_{sight.cue.name}")
    shot, quality = message.shot, sight.quality
    shot.image, shot.frame = sight.crop.jpeg, frame
    for x, y in sight.crop.points.tolist():
        shot.points.add(x=x, y=y)
    shot.box.x, shot.box.y, shot.box.width, shot.box.height = sight.box
    shot.quality.inter_eye_px = quality.inter_eye_px
    shot.quality.sharpness, shot.quality.exposure = quality.sharpness, quality.exposure
    if quality.pose is not None:
        yaw_deg, pitch_deg, roll_deg = quality.pose
        shot.quality.pose.CopyFrom(verification_pb2.Pose(yaw_deg=yaw_deg, pitch_deg=pitch_deg, roll_deg=roll_deg))
    shot.liveness.model, shot.liveness.score = LIVENESS_MODEL, sight.live
