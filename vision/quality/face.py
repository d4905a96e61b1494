"""All measures of one face in one frame: ISO/IEC 29794-5 components, and what the policy asks about."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from vision.align import similarity
from vision.crop import ABOVE, BELOW
from vision.faces import Face, Pixels
from vision.landmarks import Landmarks
from vision.quality import light
from vision.quality import shape as shapes
from vision.quality.first import Quality
from vision.quality.iso import Component, assess

SIDE_PX = 205  # of the aligned face with room around it: a third of the reference implementation's
EYES = np.array([[0.4075, 0.4416], [0.5909, 0.4416], [0.5, 0.5455], [0.4253, 0.6526], [0.5763, 0.6526]], np.float32)


def judge(quality: Quality, frame: Pixels, faces: Sequence[Face], landmarks: Landmarks) -> Quality:
    """The first measures of `faces[0]` with all others added.  faces: everybody found, the subject first."""
    view = similarity(faces[0].points, EYES * SIDE_PX)
    aligned = np.asarray(cv2.warpAffine(frame, view, (SIDE_PX, SIDE_PX), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    points = (landmarks.points @ view[:, :2].T + view[:, 2]).astype(np.float32)
    found, upright = shapes.shape(landmarks.points), shapes.shape(points)
    natives = shapes.natives(landmarks, found, (frame.shape[1], frame.shape[0]))
    natives |= light.natives(aligned, points, upright)
    natives |= {
        Component.Sharpness: quality.sharpness,
        Component.SingleFacePresent: _others(faces),
        Component.HeadSize: found.chin_px / ((ABOVE + BELOW) * faces[0].span_px),
        Component.CompressionArtifacts: light.blocks(_as_it_came(frame, faces[0])),
    }
    hidden = [natives.get(c, 0.0) for c in (Component.EyesVisible, Component.MouthOcclusionPrevention)]
    return replace(
        quality,
        pose=landmarks.pose,
        eyes_open=natives[Component.EyesOpen],
        covered=max(hidden),
        components=assess(natives),
    )


def _others(faces: Sequence[Face]) -> float:
    """Root of the second largest face's area by the largest's; 0 for a face alone."""
    areas = sorted((face.box.area for face in faces), reverse=True)
    return float(np.sqrt(areas[1] / areas[0])) if len(areas) > 1 and areas[0] > 0 else 0.0


def _as_it_came(frame: Pixels, face: Face) -> light.Mask:
    """Luma of the face from a block border on."""
    x, y = (max(0, int(v)) // 8 * 8 for v in face.box[:2])
    part = frame[y : y + int(face.box.height), x : x + int(face.box.width)]
    return np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), np.uint8)
