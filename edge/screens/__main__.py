"""The pages' process: `python -m edge.screens --socket FD --listen FD`.

Started by the brain, ends with its socket.  FDs: the brain's socket, and one that listens for browsers.
"""

import argparse
import asyncio
import os
import signal
import socket
from typing import NoReturn

from edge.screens.caps import limit


def main() -> NoReturn:
    parser = argparse.ArgumentParser(prog="edge.screens", description=__doc__)
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--listen", type=int, required=True)
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal it goes to the brain too, which ends us
    limit()
    from edge.screens.serve import serve

    brain, browsers = (socket.socket(fileno=number) for number in (arguments.socket, arguments.listen))
    asyncio.run(serve(brain, browsers))
    os._exit(0)  # whatever a worker thread is still at


if __name__ == "__main__":
    main()
