"""Search many random galleries with the service's own code, and keep what came back."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.matching import gallery
from backend.matching.gallery import Best, Gallery
from calibration.rates.draw import Draw, Person, Pool, Search, Sizes, draw
from calibration.rates.errors import TooFew

Scores = NDArray[np.float32]
KEPT = 4_000_000  # comparisons kept for fitting: 16 MB


@dataclass(frozen=True, slots=True)
class Trial:
    """How often to draw, how large a gallery, and the seed that makes it repeatable."""

    sizes: Sizes
    gallery_size: int
    draws: int
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """One entry for each search.  scores: of the best traveller; ahead: over the next best; right: it was the person.
    samples: distinct photos searched with, divided by the photos fused: repeated searches are not independent."""

    people: NDArray[np.intp]
    scores: Scores
    ahead: Scores
    right: NDArray[np.bool_]
    samples: int


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """comparisons: similarities with travellers who are somebody else, from searches taken at random."""

    mated: Searches
    nonmated: Searches
    comparisons: Scores


class _Tally:
    """Searches of one kind, as they come."""

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._found: list[tuple[int, float, float, bool]] = []
        self._photos: set[int] = set()

    def add(self, search: Search, best: Best) -> None:
        self._photos.update(search.rows.tolist())
        right = best.traveler == _id(search.person)
        self._found.append((search.person, best.score, best.score - best.runner_up, right))

    def done(self) -> Searches:
        if not self._found:
            raise TooFew("no searches with strangers: nobody outside the gallery has as many photos as are fused")
        people, scores, ahead, right = zip(*self._found, strict=True)
        samples = max(1, len(self._photos) // self._sizes.probes)
        floats = (np.array(scores, np.float32), np.array(ahead, np.float32))
        return Searches(np.array(people, np.intp), *floats, np.array(right, np.bool_), samples)


def simulate(
    vectors: Scores, people: Sequence[Person], made: Pool, trial: Trial, advance: Callable[[], None] = lambda: None
) -> Outcome:
    """`advance` is called after each draw.  Raises TooFew."""
    mated, nonmated, comparisons = _Tally(trial.sizes), _Tally(trial.sizes), list[Scores]()
    for number in range(trial.draws):
        random = np.random.default_rng([trial.seed, number])
        drawn = draw(people, made, trial.sizes, trial.gallery_size, random)
        searched = gallery.build((_id(s.person), vectors[row]) for s in drawn.enrolled for row in s.rows)
        for tally, searches in ((mated, drawn.mated), (nonmated, drawn.nonmated)):
            for search in searches:
                best = gallery.search(searched, gallery.fuse(vectors[search.rows]))
                assert isinstance(best, Best), "templates are finite and the gallery is not empty"
                tally.add(search, best)
        comparisons += _compare(vectors, searched, _some(drawn, KEPT // trial.draws, random))
        advance()
    return Outcome(mated.done(), nonmated.done(), np.concatenate(comparisons))


def _id(person: int) -> str:
    return f"{person:07}"


def _some(drawn: Draw, comparisons: int, random: np.random.Generator) -> list[Search]:
    """As many searches, at random, as make that many comparisons."""
    searches = [*drawn.mated, *drawn.nonmated]
    count = min(len(searches), max(1, comparisons // len(drawn.enrolled)))
    return [searches[i] for i in random.choice(len(searches), count, replace=False)]


def _compare(vectors: Scores, searched: Gallery, searches: Iterable[Search]) -> list[Scores]:
    place = {traveler: at for at, traveler in enumerate(searched.travelers)}
    found = []
    for search in searches:
        similarity = gallery.scores(searched, gallery.fuse(vectors[search.rows]))
        own = place.get(_id(search.person))
        found.append(similarity if own is None else np.delete(similarity, own))
    return found
