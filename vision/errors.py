"""What can go wrong between pixels and a template.

VisionError
├── ModelUnfit       a model file is missing or altered: the technician runs `make models`
├── LibraryUnfit     the wrong build of a library is installed: the technician runs `make run` again
└── ImageRefused     an image is not what it claims or too large: whoever sent it sends another one
"""


class VisionError(Exception):
    """Root of this room's errors."""


class ModelUnfit(VisionError):
    """A model cannot be trusted.  Names the file, what was expected and the command that mends it."""


class LibraryUnfit(VisionError):
    """OpenCV is not the build this project was measured with."""


class ImageRefused(VisionError):
    """Image bytes were refused before or while decoding.  Names the limit."""
