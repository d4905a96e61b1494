"""What can go wrong at the edge.

EdgeError
├── CameraLost        no frames (unplugged, unreadable file, wrong path): the eye re-opens, the technician looks
├── CalibrationUnfit  not this camera's, altered, expired or unreadable: the technician calibrates again
├── TimingUnfit       not this gate's, altered, expired or unreadable: the technician measures the gate again
├── JournalUnfit      nothing can be made durable: the gate stays shut, the technician frees the disk
└── SettingsUnfit     a setting is unknown or wrong: the appliance does not start
"""


def leaves(group: ExceptionGroup[Exception]) -> list[Exception]:
    """The errors in a group of groups."""
    found: list[Exception] = []
    for part in group.exceptions:
        found += leaves(part) if isinstance(part, ExceptionGroup) else [part]
    return found


class EdgeError(Exception):
    """Root of this room's errors."""


class CameraLost(EdgeError):
    """Names the camera and what is wrong with it."""


class CalibrationUnfit(EdgeError):
    """Names the file, what is wrong with it and which command mends it."""


class TimingUnfit(EdgeError):
    """Names the file, what is wrong with it and what to do."""


class JournalUnfit(EdgeError):
    pass


class SettingsUnfit(EdgeError):
    """Names every setting at fault."""
