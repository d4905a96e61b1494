"""What the process with the pages may take of this machine, whatever browsers do to it."""

import os
import resource

NICE = 5  # the loop that decides and the eye go first
DESCRIPTORS = 1024
MEMORY_BYTES = 1 << 30  # of addresses, libraries and stacks of threads included


def limit() -> None:
    """For this process, for good."""
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for file in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):  # no file contents, no core dump
        resource.setrlimit(file, (0, 0))
