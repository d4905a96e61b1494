"""The eye process: `python -m edge.eye --camera ADDRESS --socket FD [--calibration FILE]`.

Started by the brain, ends with its socket.
"""

import argparse
import contextlib
import socket
from pathlib import Path

from edge.eye.seal import seal


def main() -> None:
    parser = argparse.ArgumentParser(prog="edge.eye", description=__doc__)
    parser.add_argument("--camera", required=True)
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--calibration", type=Path)
    arguments = parser.parse_args()
    seal()  # before anything that might use the network is even imported
    from edge.eye import calibrated
    from edge.eye.watch import watch

    calibration = calibrated.load(arguments.calibration) if arguments.calibration else None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the brain is gone: so are we
        watch(arguments.camera, socket.socket(fileno=arguments.socket), calibration)


if __name__ == "__main__":
    main()
