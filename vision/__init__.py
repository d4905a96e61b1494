"""Pixels to faces, landmarks, quality, liveness evidence and templates.  Knows no gate and no gallery."""

import os

# Read by OpenCV when it is imported: a 1 MB PNG may otherwise claim 6 GB.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**25))
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
