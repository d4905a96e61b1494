"""The child process that decodes images other people made: no files, little memory, killed when slow.

Requests and answers are length-delimited on stdin and stdout; see `imaging.py` for the parent's end.
"""

import os
import resource
import struct
import sys
from typing import BinaryIO

import cv2
import numpy as np

from vision.align import align
from vision.detect import Detector
from vision.errors import ImageRefused
from vision.faces import Pixels
from vision.image import decode, size
from vision.portrait import COPY_PX, subject_of
from vision.quality import measure

HEAD = struct.Struct(">cI")
MEASURES = struct.Struct(">fff")
GROWTH_BYTES = 200 * 2**20  # a 24 megapixel photograph, decoded at half its size and searched, and no more
LARGE_PX = 6_000_000  # photos above are decoded at half their size: a face in one has far more detail than is used
ALIGN, PHOTO = b"A", b"P"
OK, REFUSED = b"+", b"-"
YIELDS = 5  # niceness of what works on images, here and where they are embedded: whoever answers calls goes first


def answer(kind: bytes, body: bytes, detector: Detector) -> bytes:
    """An aligned face, led by its measures: distance between the eyes, sharpness, exposure.  Raises ImageRefused.

    ALIGN: ten float32 (five points), then the image.  PHOTO: the image; the face is looked for and must be alone.
    """
    if kind == ALIGN:
        points = np.frombuffer(body[:40], ">f4").reshape(5, 2).astype(np.float32)
        image = _crop(body[40:])
        scale = 1.0
    else:
        image, scale = _photo(body)
        points = subject_of(image, detector, alone=True).points
    try:
        aligned = align(image, points)
    except ValueError as error:
        raise ImageRefused(str(error)) from error
    quality = measure(aligned, scale * float(np.hypot(*(points[1] - points[0]))))
    return MEASURES.pack(quality.inter_eye_px, quality.sharpness, quality.exposure) + aligned.tobytes()


def _crop(content: bytes) -> Pixels:
    """Pixels of what a device cut out of its frame."""
    claimed = size(content)
    if claimed.width * claimed.height > LARGE_PX:
        raise ImageRefused(f"a probe claims {claimed.width} x {claimed.height}, at most {LARGE_PX} pixels are accepted")
    return decode(content)


def _photo(content: bytes) -> tuple[Pixels, float]:
    """Pixels of a photo, and how many of its own each stands for, in one direction."""
    claimed = size(content)
    halved = claimed.width * claimed.height > LARGE_PX
    return decode(content, halved=halved), 2.0 if halved else 1.0


def confine() -> None:
    """Bound what a hostile image can take: memory above today's, no file contents, no core dump, and no word.

    Decoders complain on the error output about what they read, thousands of times if they are made to.
    """
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, sys.stderr.fileno())
    os.close(silence)
    with open("/proc/self/status") as status:  # noqa: PTH123
        now = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData"))
    # Not RLIMIT_AS: the network's allocator reserves addresses it never fills, and good photos were refused in the end.
    resource.setrlimit(resource.RLIMIT_DATA, (now + GROWTH_BYTES, now + GROWTH_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    cv2.setNumThreads(1)  # one image at a time; the other cores embed
    os.nice(YIELDS)
    detector = Detector()
    blank = np.zeros((COPY_PX, COPY_PX, 3), np.uint8)
    detector.find(blank, long_side_px=COPY_PX)  # take the memory it needs before the limit falls
    confine()
    while len(head := requests.read(HEAD.size)) == HEAD.size:
        kind, size = HEAD.unpack(head)
        try:
            verdict, body = OK, answer(kind, requests.read(size), detector)
        except ImageRefused as error:
            verdict, body = REFUSED, str(error).encode()
        except (MemoryError, cv2.error, RuntimeError, ValueError):  # what the libraries say when memory is refused
            verdict, body = REFUSED, b"image takes more memory than is allowed, or is damaged"
        answers.write(HEAD.pack(verdict, len(body)) + body)
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
