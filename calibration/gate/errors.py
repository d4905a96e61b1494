"""Why a measurement of a gate ended before its time.

MeasurementStopped
├── NotReady        the gate takes no grant: what stands against it is named
├── LaneOccupied    somebody is sensed where nobody may be: they leave the lane
├── FaultLatched    the controller has latched a fault: the technician checks what is named, then resets it
├── LeafUnseen      a movement was not observed to its end: leaf, contacts and wires are checked
├── BeamsSwapped    walkers were counted backwards: the beams are exchanged
└── SessionLost     the controller became safe or was reset meanwhile: power and line are checked
"""


class MeasurementStopped(Exception):
    """Root of this folder's errors."""


class NotReady(MeasurementStopped):
    pass


class LaneOccupied(MeasurementStopped):
    pass


class FaultLatched(MeasurementStopped):
    """Names the fault's code and what to check."""


class LeafUnseen(MeasurementStopped):
    pass


class BeamsSwapped(MeasurementStopped):
    pass


class SessionLost(MeasurementStopped):
    pass
