"""The 478 face points and the head's pose, from MediaPipe's Face Landmarker.

Source: MediaPipe Face Landmarker model card (Google, 2023).  Importing mediapipe makes it try the network: seal the
process first (`edge.eye.seal`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vision import models
from vision.faces import Face, Pixels, Points

SIDE_PX = 256  # of the copy the network sees: its own input size
MOST_OFF = 0.5  # of an eye from where the detector saw it, in distances between the eyes
MARGIN = 2.0  # side of the crop, in face widths
EXPRESSIONS = (
    "mouthSmile",
    "mouthFrown",
    "mouthPucker",
    "mouthFunnel",
    "jawOpen",
    "browInnerUp",
    "cheekPuff",
    "eyeWide",
)


class Pose(NamedTuple):
    """Head rotation, degrees: yaw > 0 to the subject's left, pitch > 0 down, roll > 0 clockwise as seen."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """`points` (478, 2) in pixels of the frame.  expressive: the strongest of the face's expressions, 0 neutral..1."""

    points: Points
    pose: Pose
    expressive: float


class Landmarker:
    """One per thread: the graph inside keeps state.  Close it.

    following: consecutive frames of one camera, a little faster; else every picture stands for itself.
    """

    def __init__(self, folder: Path | None = None, *, following: bool = False) -> None:
        import mediapipe
        from mediapipe.tasks.python import BaseOptions, vision

        self._image = mediapipe.Image
        self._srgb = mediapipe.ImageFormat.SRGB
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_buffer=models.read("landmarker", folder)),
            running_mode=vision.RunningMode.VIDEO if following else vision.RunningMode.IMAGE,
            num_faces=1,
            output_facial_transformation_matrixes=True,
            output_face_blendshapes=True,
        )
        self._graph = vision.FaceLandmarker.create_from_options(options)
        self._following, self._ms = following, 0

    def close(self) -> None:
        self._graph.close()

    def find(self, frame: Pixels, face: Face, now_ns: int = 0) -> Landmarks | None:
        """Landmarks of `face`, or None if the network sees no face there.  now_ns: when a followed frame was taken."""
        centre_x, centre_y = face.box.x + face.box.width / 2, face.box.y + face.box.height / 2
        scale = SIDE_PX / (MARGIN * max(face.box.width, face.box.height))
        shift = (SIDE_PX / 2 - scale * centre_x, SIDE_PX / 2 - scale * centre_y)
        view = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        patch = cv2.cvtColor(cv2.warpAffine(frame, view, (SIDE_PX, SIDE_PX)), cv2.COLOR_BGR2RGB)
        image = self._image(image_format=self._srgb, data=patch)
        self._ms = max(self._ms + 1, now_ns // 1_000_000)  # it must rise; how fast decides how much is smoothed
        seen = self._graph.detect_for_video(image, self._ms) if self._following else self._graph.detect(image)
        if not seen.face_landmarks:
            return None
        points = np.array([(p.x, p.y) for p in seen.face_landmarks[0]], np.float32) * SIDE_PX
        points = ((points - shift) / scale).astype(np.float32)
        if not _of(face, points):
            return None
        strongest = max(s.score for s in seen.face_blendshapes[0] if s.category_name.startswith(EXPRESSIONS))
        pose = _pose(seen.facial_transformation_matrixes[0])
        return Landmarks(points, pose, float(strongest))


def _of(face: Face, points: Points) -> bool:
    """The eyes are where the detector saw them: not those of somebody beside."""
    eyes = np.stack([points[[33, 133]].mean(axis=0), points[[362, 263]].mean(axis=0)])
    return bool((np.hypot(*(eyes - face.points[:2]).T) <= MOST_OFF * face.span_px).all())


def _pose(matrix: NDArray[np.float64]) -> Pose:
    """Angles of the face's rotation against the camera, y up, z towards the viewer."""
    turn = np.asarray(matrix)[:3, :3]
    yaw = np.arctan2(turn[0, 2], turn[2, 2])
    pitch = np.arcsin(np.clip(-turn[1, 2], -1, 1))
    roll = np.arctan2(turn[1, 0], turn[1, 1])
    return Pose(*(float(np.degrees(angle)) for angle in (yaw, pitch, -roll)))
