"""`limen-calibrate identify`: open-set 1:N error rates of a folder of people, with the code the service runs."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from calibration.rates.exits import told

if TYPE_CHECKING:
    from calibration.rates.identify import Request

Folder = Annotated[Path, typer.Option("--people", help="DIR/<person>/<photo>: jpg, jpeg or png, links are followed")]
Size = Annotated[int | None, typer.Option(help="people on file; without it, all but a tenth, who are strangers", min=1)]
Fpir = Annotated[float, typer.Option(help="share of strangers who may be taken for somebody", min=1e-9, max=0.5)]
OnFile = Annotated[int, typer.Option(help="photos on file of each person, averaged", min=1, max=100)]
Probes = Annotated[int, typer.Option(help="photos of one search, averaged", min=1, max=100)]
Trials = Annotated[int, typer.Option(help="random galleries", min=1, max=100_000)]
Seed = Annotated[int, typer.Option(help="the same seed draws the same galleries", min=0)]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]
GroupsFile = Annotated[Path | None, typer.Option(help="people file (csv): id, then attributes; rates for each value")]
Det = Annotated[Path | None, typer.Option(help="write the DET curve: .png or .csv")]
Write = Annotated[Path | None, typer.Option(help="fit the operating point and write what the service reads")]
Name = Annotated[str | None, typer.Option(help="what the operating point calls these photos; else the folder's name")]
Pattern = Annotated[
    str | None, typer.Option(help="names of photos on file, as 'neutral*'; the others are searched with")
]
Gain = Annotated[bool, typer.Option(help="also: what more photos on file and more probes bring")]
Bare = Annotated[bool, typer.Option(help="also: the rate of two threads that do nothing but embed")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to do with the report."""

    as_json: bool
    det: Path | None
    write: Path | None
    name: str
    gain: bool
    bare: bool


def identify(
    people: Folder,
    gallery_size: Size = None,
    fpir: Fpir = 0.001,
    photos_on_file: OnFile = 1,
    probes: Probes = 1,
    trials: Trials = 20,
    seed: Seed = 0,
    as_json: AsJson = False,
    groups: GroupsFile = None,
    det: Det = None,
    write: Write = None,
    name: Name = None,
    file_photos: Pattern = None,
    gain: Gain = False,
    bare: Bare = False,
) -> None:
    """Open-set identification: random galleries, searches of people in them (FNIR) and of strangers (FPIR).

    FNIR: the person does not come back first at or above the threshold.  Photos without a face are FTA, not FNIR.
    Intervals are exact (Clopper-Pearson, 95 %) and count distinct photos: searching one again in another gallery adds
    nothing.  The threshold is measured where there are enough strangers, else fitted; never one whose FPIR measured
    here is above --fpir.
    """
    errors = Console(stderr=True)
    with told(errors):
        # Loaded here: it takes a second, and interrupting that is no traceback either.
        from calibration.rates.draw import Sizes
        from calibration.rates.identify import Request

        sizes = Sizes(photos_on_file, probes)
        request = Request(people, sizes, gallery_size, fpir, trials, seed, file_photos, groups)
        _run(request, Wanted(as_json, det, write, name or people.resolve().name, gain, bare), errors)


def _run(request: "Request", wanted: Wanted, errors: Console) -> None:
    from rich.progress import Progress

    from calibration.rates import identify as rates
    from calibration.rates import show

    show.check_endings(wanted.det, wanted.write)
    planned = rates.plan(request)
    with Progress(*rates.progress_columns(), console=errors, transient=True) as progress:
        report = rates.identify(planned, progress, bare=wanted.bare)
        gains = rates.gain(request, report.material, progress) if wanted.gain else []
    if wanted.det:
        show.det(report, wanted.det)
    if wanted.write:
        rates.write(report, wanted.write, wanted.name)
    if wanted.as_json:
        print(json.dumps(show.as_json(report) | ({"gain": show.gain_rows(gains)} if gains else {})))
        return
    show.say(report, Console())
    if gains:
        Console().print(show.gains(gains, report.gallery_size))
