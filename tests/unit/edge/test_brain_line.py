"""The pages' end of the brain: what it passes on."""

import asyncio
import socket

from limen.v1 import screens_pb2 as pb

from edge.screens.brain_line import MOST_LOGINS, BrainLine
from edge.sentences import Refusal
from edge.view import View


async def test_strangers_logins_are_few_in_the_line_to_the_brain() -> None:
    line, (ours, theirs) = BrainLine(View()), socket.socketpair()
    running = asyncio.create_task(line.run(ours))
    await asyncio.sleep(0.05)
    logins = [asyncio.create_task(line.order(pb.ScreenCommand(begin=pb.BeginShift()))) for _ in range(50)]
    done, waiting = await asyncio.wait(logins, timeout=0.2)
    assert (len(done), len(waiting)) == (50 - MOST_LOGINS, MOST_LOGINS)
    assert {one.result().refusal for one in done} == {Refusal.BUSY}
    for task in waiting:
        task.cancel()
    theirs.close()
    await asyncio.gather(*waiting, running, return_exceptions=True)
