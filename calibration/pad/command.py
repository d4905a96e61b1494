"""`limen-calibrate liveness`: error rates of presentation attack detection, with the code the appliance runs."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from calibration.rates.errors import FolderUnfit
from calibration.rates.exits import told

BonaFide = Annotated[Path | None, typer.Option(help="pictures or clips of live people, sub-folders are walked")]
Attacks = Annotated[Path | None, typer.Option(help="pictures or clips of attacks, one sub-folder for each species")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]
Threshold = Annotated[float, typer.Option(help="least liveness that is accepted", min=0.0, max=1.0)]
Rehearsal = Annotated[bool, typer.Option("--rehearsal", help="the synthetic rehearsal's clips, without folders")]
Bare = Annotated[bool, typer.Option("--bare", help="also: the rate of two threads or processes that only look")]


@dataclass(frozen=True, slots=True)
class Request:
    """folders: bona fide and attacks; None for the rehearsal."""

    folders: tuple[Path, Path] | None
    threshold: float
    as_json: bool
    bare: bool


def liveness(
    bona_fide: BonaFide = None,
    attacks: Attacks = None,
    as_json: AsJson = False,
    threshold: Threshold = 0.5,
    rehearsal: Rehearsal = False,
    bare: Bare = False,
) -> None:
    """Presentation attack detection (ISO/IEC 30107-3): APCER of each species, BPCER.

    Direct sub-folders of --attacks are species (print, tablet, mask ...), never persons, and their names are printed;
    files beside them are one species named after the folder.  Below that, and in --bona-fide, folders may be anything.

    A picture (jpg, png) is judged by what one frame gives.  A clip (mp4, avi, mkv, mov) is judged as an approach: every
    frame through the appliance's eye at the clip's own times.  It is accepted if a shot that could have been submitted
    is as live as the threshold: any acceptable one, or the best where none is acceptable.

    APCER = accepted / all attack presentations of the species: one without a response (no face, or none near enough)
    is not accepted, and is counted as such.  BPCER = rejected / bona fide presentations with a response; those without
    are told apart.  APCER is never averaged over species: the worst counts.  Files that cannot be read are in no rate.

    Intervals are exact (95 %) and take the presentations as independent.  Several frames of one person or of one attack
    instrument are not, and who is who is not guessed: give one of each, or read the intervals as too narrow.
    """
    errors = Console(stderr=True)
    with told(errors):
        _run(Request(_folders(bona_fide, attacks, rehearsal), threshold, as_json, bare), errors)


def _folders(bona_fide: Path | None, attacks: Path | None, rehearsal: bool) -> tuple[Path, Path] | None:
    match bona_fide, attacks, rehearsal:
        case None, None, True:
            return None
        case Path() as ours, Path() as theirs, False:
            return ours, theirs
    raise FolderUnfit("give both --bona-fide and --attacks, or --rehearsal alone")


def _run(request: Request, errors: Console) -> None:
    # Loaded here: it takes a second, and interrupting that is no traceback either.
    from rich.progress import Progress

    from calibration.pad import folders, measure, rehearse, show, work
    from calibration.rates.identify import progress_columns

    held = folders.read(*request.folders) if request.folders else None
    with Progress(*progress_columns(), console=errors, transient=True) as progress:
        collection = held or rehearse.rendered(progress)
        done = work.judge(collection.files, progress, bare=request.bare)
    rates = measure.rates(collection, done.verdicts, request.threshold)
    kind = show.kind_of_frames(collection.files)
    report = show.Report(rates, done.paces, kind, synthetic=request.folders is None)
    if request.as_json:
        print(json.dumps(show.as_json(report)))
    else:
        show.say(report, Console())
