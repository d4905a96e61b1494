"""The eye process: camera and vision, sealed off the network."""

import os

# Read by OpenCV when it is imported: it waits ten seconds for a device that has gone silent.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")
