"""Open-set error rates of a folder of people: photos to templates, galleries to searches, searches to rates."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from backend import operating_point
from backend.matching.threshold import OperatingPoint, accept
from backend.operating_point import Measured, Record, read_operating_point
from backend.settings import Rules
from calibration.rates import measure, tail
from calibration.rates.acquire import Acquired, Acquirer, Refusal
from calibration.rates.draw import Person, Rows, Sizes, checked_size, pool
from calibration.rates.measure import Proportion, Rates
from calibration.rates.people import Group, People, groups, read
from calibration.rates.simulate import Outcome, Trial, simulate
from calibration.rates.tail import Tail
from vision.embed import template_version

GAIN_FPIR = (0.003, 0.001)
BARE_PHOTOS = 400


@dataclass(frozen=True, slots=True)
class Request:
    """What to measure.  on_file: names of photos that lie on file, all others are searched with; None: any photo."""

    folder: Path
    sizes: Sizes
    gallery_size: int | None
    fpir: float
    draws: int
    seed: int
    on_file: str | None = None
    groups: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """The folder's templates, each person's rows of them, and how long they took."""

    folder: People
    people: tuple[Person, ...]
    acquired: Acquired
    refused: tuple[tuple[Refusal, int], ...]
    fta: float
    photos_per_s: float
    bare_photos_per_s: float | None


@dataclass(frozen=True, slots=True)
class Setting:
    """The threshold, where it is from, and the tail if one could be fitted."""

    threshold: float
    source: str
    tail: Tail | None


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """margin: the same threshold and the service's runner-up margin.  service: at the threshold the service has now."""

    request: Request
    material: Material
    gallery_size: int
    outcome: Outcome
    setting: Setting
    rates: Rates
    margin: Rates
    service: Rates
    groups: tuple[tuple[Group, Proportion | None, Proportion | None], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked, of whom, and by which groups of them."""

    request: Request
    folder: People
    groups: tuple[Group, ...]


def plan(request: Request) -> Plan:
    """Refuse what cannot be measured before photos are looked at.  Raises RatesError."""
    folder = read(request.folder)
    people, _ = _people(folder, range(len(folder.photos)), request.on_file)
    checked_size(pool(people, request.sizes), request.gallery_size)
    return Plan(request, folder, groups(request.groups, folder) if request.groups else ())


def identify(planned: Plan, progress: Progress, *, bare: bool = False) -> Report:
    """Raises RatesError, ModelUnfit."""
    return rate(planned, acquire(planned, progress, bare=bare), progress)


def acquire(planned: Plan, progress: Progress, *, bare: bool) -> Material:
    folder = planned.folder
    files = [photo.file for photo in folder.photos]
    acquirer, task = Acquirer(), progress.add_task("photos to templates", total=len(files))
    began_s = time.perf_counter()
    acquired = acquirer.acquire(files, lambda: progress.advance(task))
    took_s = time.perf_counter() - began_s
    usable = [file for file, row in zip(files, acquired.rows, strict=True) if isinstance(row, int)][:BARE_PHOTOS]
    bare_rate = acquirer.bare_rate_per_s(usable, time.perf_counter) if bare else None
    refused = Counter(row for row in acquired.rows if isinstance(row, Refusal))
    people, fta = _people(folder, acquired.rows, planned.request.on_file)
    return Material(folder, people, acquired, tuple(refused.items()), fta, len(files) / took_s, bare_rate)


def _people(folder: People, rows: Iterable[int | Refusal], on_file: str | None) -> tuple[tuple[Person, ...], float]:
    """Everybody's rows, and the share of probe photos without a face."""
    files: list[list[int]] = [[] for _ in folder.names]
    probes: list[list[int]] = [[] for _ in folder.names]
    lost = offered = 0
    for photo, row in zip(folder.photos, rows, strict=True):
        enrols = on_file is None or fnmatch(photo.file.name, on_file)
        probed = on_file is None or not enrols
        offered += probed
        lost += probed and isinstance(row, Refusal)
        if isinstance(row, int):
            files[photo.owner] += [row] if enrols else []
            probes[photo.owner] += [row] if probed else []
    shared = on_file is None
    found = tuple(Person(_rows(f), _rows(p), shared) for f, p in zip(files, probes, strict=True))
    return found, lost / max(1, offered)


def _rows(rows: list[int]) -> Rows:
    return np.array(rows, np.intp)


def rate(planned: Plan, material: Material, progress: Progress) -> Report:
    request = planned.request
    made = pool(material.people, request.sizes)
    size = checked_size(made, request.gallery_size)
    outcome = _simulate(request, material, request.sizes, size, progress)
    setting = _setting(request, material, outcome, size)
    service = accept(read_operating_point(), size, request.fpir)
    return Report(
        request=request,
        material=material,
        gallery_size=size,
        outcome=outcome,
        setting=setting,
        rates=measure.rates(outcome, setting.threshold),
        margin=measure.rates(outcome, setting.threshold, Rules().margin),
        service=measure.rates(outcome, service),
        groups=tuple(
            (group, *measure.of_people(outcome, setting.threshold, group.members)) for group in planned.groups
        ),
    )


def _simulate(request: Request, material: Material, sizes: Sizes, size: int, progress: Progress) -> Outcome:
    task = progress.add_task(f"galleries of {size}, {sizes.on_file} × {sizes.probes}", total=request.draws)
    trial = Trial(sizes, size, request.draws, request.seed)
    made = pool(material.people, sizes)
    return simulate(material.acquired.vectors, material.people, made, trial, lambda: progress.advance(task))


def _setting(request: Request, material: Material, outcome: Outcome, size: int) -> Setting:
    enough = len(material.people) >= tail.LEAST_PEOPLE
    found = tail.fit(outcome.comparisons, len(material.people)) if enough else None
    if measure.resolved(outcome, request.fpir):
        return Setting(measure.smallest(outcome, request.fpir), "measured", found)
    if found is None:
        return Setting(measure.fitted(outcome, read_operating_point(), size, request.fpir), "service", None)
    return Setting(measure.fitted(outcome, _point(found), size, request.fpir), "fitted", found)


def _point(found: Tail) -> OperatingPoint:
    return OperatingPoint(template_version(), found.share, found.start, found.scale)


def gain(request: Request, material: Material, progress: Progress) -> list[tuple[Sizes, Rates, Rates]]:
    """What more photos bring: FNIR at FPIR 0.3 % and 0.1 % as measured, in galleries of one size."""
    k, p = request.sizes.on_file, request.sizes.probes
    kinds = [Sizes(*pair) for pair in dict.fromkeys(((1, 1), (k, 1), (1, p), (k, p)))]
    size = checked_size(pool(material.people, request.sizes), request.gallery_size)
    rows = []
    for sizes in kinds:
        outcome = _simulate(request, material, sizes, size, progress)
        one, other = (measure.rates(outcome, measure.smallest(outcome, fpir)) for fpir in GAIN_FPIR)
        rows.append((sizes, one, other))
    return rows


def write(report: Report, file: Path, name: str) -> None:
    """Write the operating point fitted here.  Raises TooFew, OSError."""
    found, folder = report.setting.tail, report.material.folder
    if found is None:
        found = tail.fit(report.outcome.comparisons, len(report.material.people))
    sizes = report.request.sizes
    measured = Measured(
        name=name,
        people=found.people,
        photos=len(folder.photos),
        pairs=found.pairs,
        photos_on_file=sizes.on_file,
        probes=sizes.probes,
        on=datetime.now(UTC).date(),
    )
    point = _point(found)
    operating_point.write(
        file,
        Record(
            template_version=point.template_version,
            tail_share=round(point.tail_share, 6),
            tail_from=round(point.tail_from, 6),
            tail_scale=round(point.tail_scale, 6),
            measured=measured,
        ),
    )


def progress_columns() -> tuple[TextColumn, BarColumn, MofNCompleteColumn, TimeRemainingColumn]:
    return TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
