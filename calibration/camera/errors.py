"""What can go wrong while a technician calibrates a camera.

CalibrationError
├── BoardUnfit     the board cannot be printed so: other squares or paper
├── PicturesUnfit  the pictures do not determine the lens: take the ones that are named
└── MountingUnfit  somebody would not be in the picture: mount the camera as is said
"""


class CalibrationError(Exception):
    """Root of this folder's errors."""


class BoardUnfit(CalibrationError):
    pass


class PicturesUnfit(CalibrationError):
    pass


class MountingUnfit(CalibrationError):
    pass
