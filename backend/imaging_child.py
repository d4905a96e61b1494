"""The child process that decodes images other people made: no files, little memory, killed when slow.

Requests and answers are length-delimited on stdin and stdout; see `imaging.py` for the parent's end.
"""

import resource
import struct
import sys
from typing import BinaryIO

import cv2
import numpy as np

from vision.align import align
from vision.detect import Detector
from vision.errors import ImageRefused
from vision.image import decode
from vision.portrait import subject_of
from vision.quality import measure

HEAD = struct.Struct(">cI")
MEASURES = struct.Struct(">fff")
GROWTH_BYTES = 400 * 2**20  # a 24 megapixel photograph, decoded and scaled, and no more
ALIGN, PHOTO = b"A", b"P"
OK, REFUSED = b"+", b"-"


def answer(kind: bytes, body: bytes, detector: Detector) -> bytes:
    """An aligned face, led by its measures: distance between the eyes, sharpness, exposure.  Raises ImageRefused.

    ALIGN: ten float32 (five points), then the image.  PHOTO: the image; the face is looked for and must be alone.
    """
    if kind == ALIGN:
        points = np.frombuffer(body[:40], ">f4").reshape(5, 2).astype(np.float32)
        image = decode(body[40:])
    else:
        image = decode(body)
        points = subject_of(image, detector, alone=True).points
    try:
        aligned = align(image, points)
    except ValueError as error:
        raise ImageRefused(str(error)) from error
    quality = measure(aligned, float(np.hypot(*(points[1] - points[0]))))
    return MEASURES.pack(quality.inter_eye_px, quality.sharpness, quality.exposure) + aligned.tobytes()


def confine() -> None:
    """Bound what a hostile image can take: memory above today's, no file contents, no core dump."""
    with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123  the first number is the size in pages
        now = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + GROWTH_BYTES, now + GROWTH_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    cv2.setNumThreads(1)  # one image at a time; the other cores embed
    detector = Detector()
    detector.find(np.zeros((640, 640, 3), np.uint8))  # take the memory it needs before the limit falls
    confine()
    while len(head := requests.read(HEAD.size)) == HEAD.size:
        kind, size = HEAD.unpack(head)
        try:
            verdict, body = OK, answer(kind, requests.read(size), detector)
        except ImageRefused as error:
            verdict, body = REFUSED, str(error).encode()
        except MemoryError:
            verdict, body = REFUSED, b"image takes more memory than is allowed"
        answers.write(HEAD.pack(verdict, len(body)) + body)
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
