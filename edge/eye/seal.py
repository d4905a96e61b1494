"""Close the process in before it looks at pixels: no network, no file contents, no core dump.

mediapipe reports usage over the network when it may; after this it may not, and works on.
"""

import errno
import resource
import socket

import pyseccomp

FAMILIES = (socket.AF_INET, socket.AF_INET6, socket.AF_PACKET, socket.AF_NETLINK)


def seal() -> None:
    """For this process, its threads and children, for good.  Call before mediapipe is imported.

    Raises OSError where the kernel cannot filter system calls: then the eye must not run.
    """
    sealed = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for family in FAMILIES:
        sealed.add_rule(pyseccomp.ERRNO(errno.EACCES), "socket", pyseccomp.Arg(0, pyseccomp.EQ, int(family)))
    sealed.load()
    write_no_files()


def write_no_files() -> None:
    """For this process and its children, for good: no file contents, no core dump.  Shared memory stays writable."""
    for limit in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(limit, (0, 0))
