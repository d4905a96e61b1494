"""What has changed: rung after a transaction that touched a topic, heard by whoever waits for it."""

import asyncio
from collections import defaultdict
from enum import StrEnum


class Topic(StrEnum):
    GALLERIES = "galleries"  # a manifest, an assignment, a crossing, a gallery
    ALERTS = "alerts"
    DECISIONS = "decisions"  # one that an officer must be told
    OUTBOX = "outbox"
    ANSWERS = "answers"
    ACCESS = "access"  # a peer, a person, a post
    RULES = "rules"  # a rule, a hold, the hotlist


class Bell:
    """Wait within one event loop; `revision` counts how often a topic was rung."""

    def __init__(self) -> None:
        self._revisions: defaultdict[Topic, int] = defaultdict(int)
        self._rung: defaultdict[Topic, asyncio.Event] = defaultdict(asyncio.Event)

    def ring(self, *topics: Topic) -> None:
        for topic in topics:
            self._revisions[topic] += 1
            self._rung.pop(topic, asyncio.Event()).set()

    def revision(self, topic: Topic) -> int:
        return self._revisions[topic]

    async def wait(self, topic: Topic, seen: int, longest_s: float | None = None) -> int:
        """Until the topic's revision is not `seen`, or for longest_s; the revision then."""
        while self._revisions[topic] == seen:
            try:
                await asyncio.wait_for(self._rung[topic].wait(), longest_s)
            except TimeoutError:
                break
        return self._revisions[topic]
