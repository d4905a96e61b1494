"""What can go wrong in the service, and which gRPC code the caller sees.

ServiceError
├── Refused              the request is wrong: whoever sent it corrects it              INVALID_ARGUMENT
│   └── ManifestRefused  an interchange cannot be read: the carrier corrects it         INVALID_ARGUMENT
├── NotAllowed           who asks may not: the operator registers or assigns            PERMISSION_DENIED
├── NoShift              the agent has no shift at this port: he logs in at the gate        UNAUTHENTICATED
├── NotReady             the gallery is not there yet: the gate uses agent mode         FAILED_PRECONDITION
├── Mismatch             models or payload differ from what is known: a technician      FAILED_PRECONDITION
├── Changed              what was seen is not what is there now: look again              FAILED_PRECONDITION
├── Repeated             same key, another payload: a bug or an attack at the caller    ALREADY_EXISTS
├── Busy                 more is asked than can be answered in time: ask again later     RESOURCE_EXHAUSTED
├── SecondSession        a device's session is open elsewhere: its key may be stolen     RESOURCE_EXHAUSTED
├── KeyGone              what is asked for was purged, or its key is missing              FAILED_PRECONDITION
├── TooLate              the caller's deadline has passed                               DEADLINE_EXCEEDED
├── StoreDown            the database does not answer now: ask again with the same key   UNAVAILABLE
│   ├── StoreReadOnly    it takes no writes, as a standby: ask again with the same key   UNAVAILABLE
│   └── StoreFull        it has no room: an administrator makes some                     RESOURCE_EXHAUSTED
└── StoreUnfit           the database or its key cannot be used: the service stops
"""


def leaves(group: ExceptionGroup[Exception]) -> list[Exception]:
    """The errors in a group of groups."""
    found: list[Exception] = []
    for part in group.exceptions:
        found += leaves(part) if isinstance(part, ExceptionGroup) else [part]
    return found


class ServiceError(Exception):
    """Root of this room's errors."""


class Refused(ServiceError):
    pass


class ManifestRefused(Refused):
    """Names the segment, its position and line, and what was expected."""


class NotAllowed(ServiceError):
    pass


class NoShift(ServiceError):
    pass


class NotReady(ServiceError):
    pass


class Mismatch(ServiceError):
    pass


class Changed(ServiceError):
    pass


class Repeated(ServiceError):
    pass


class Busy(ServiceError):
    pass


class TooMany(Busy):
    """The caller asks so often that its calls no longer come to their turn."""


class SecondSession(ServiceError):
    pass


class KeyGone(ServiceError):
    pass


class TooLate(ServiceError):
    pass


class StoreUnfit(ServiceError):
    pass


class StoreDown(ServiceError):
    """Nothing was kept, unless it says that this is unknown."""


class StoreReadOnly(StoreDown):
    pass


class StoreFull(StoreDown):
    pass
