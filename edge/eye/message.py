"""A sight in the words the brain reads."""

import time

from limen.v1 import eye_pb2, verification_pb2

from edge.eye.frame import Frame
from edge.eye.look import Candidate, Nobody, NotYet, Sight
from vision.pad.fusion import fusion
from vision.quality import Quality
from vision.quality.iso import Assessed


def message(frame: Frame, sight: Sight) -> eye_pb2.Sight:
    told = eye_pb2.Sight(frame=frame.number, captured_ns=frame.captured_ns, seen_ns=time.monotonic_ns())
    match sight:
        case Nobody():
            told.nobody.SetInParent()
        case NotYet(subject, cue):
            told.not_yet.subject = subject or 0
            told.not_yet.cue = verification_pb2.Cue.Value(f"CUE_{cue.name}")
        case Candidate():
            _candidate(told.candidate, sight, frame.number)
    return told


def _candidate(told: eye_pb2.Candidate, sight: Candidate, frame: int) -> None:
    told.subject, told.rank = sight.subject, sight.rank
    if sight.cue:
        told.cue = verification_pb2.Cue.Value(f"CUE_{sight.cue.name}")
    shot = told.shot
    shot.image, shot.frame = sight.crop.jpeg, frame
    for x, y in sight.crop.points.tolist():
        shot.points.add(x=x, y=y)
    shot.box.x, shot.box.y, shot.box.width, shot.box.height = sight.box
    _quality(shot.quality, sight.quality, sight.policy)
    _liveness(shot.liveness, sight)


def _quality(told: verification_pb2.Quality, quality: Quality, policy: str) -> None:
    told.inter_eye_px, told.policy = quality.inter_eye_px, policy
    told.sharpness, told.exposure = quality.sharpness, quality.exposure
    if quality.pose is not None:
        yaw_deg, pitch_deg, roll_deg = quality.pose
        told.pose.CopyFrom(verification_pb2.Pose(yaw_deg=yaw_deg, pitch_deg=pitch_deg, roll_deg=roll_deg))
    told.eyes_open, told.covered = quality.eyes_open or 0.0, quality.covered or 0.0
    for one in quality.components:
        if isinstance(one, Assessed):
            told.components.add(id=one.component, native=one.native, quality=one.quality)


def _liveness(told: verification_pb2.Liveness, sight: Candidate) -> None:
    told.model, told.score = f"fr_liveness, fusion {fusion().version}", sight.live
    for name, value in sight.evidence.parts():
        told.evidence.add(name=name, value=value)
