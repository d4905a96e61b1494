"""Ids by as many as one statement should name."""

from collections.abc import Iterable, Iterator

CHUNK = 500


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """In order, the last of them shorter."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
