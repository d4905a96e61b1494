"""A report of presentation attack detection as JSON or as tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from calibration.pad.folders import is_clip
from calibration.pad.measure import Rates, Tally
from calibration.pad.work import Pace
from calibration.rates.measure import Proportion
from vision.pad.fusion import fusion

Json = dict[str, object]
EVIDENCE = ("passive", "grid", "edges", "depth", "flicker")
UNTESTED = (
    "Not tested here unless a species above says so: masks in three dimensions (silicone, resin, latex), video "
    "injected past the camera, make-up and disguise, mannequins, deepfakes on a screen, partial attacks over a live "
    "face, twins.  A rate holds for these attack instruments, this camera and this light; it is no conformance test "
    "(ISO/IEC 30107-3 asks for named instruments, test subjects and an independent tester)."
)
SYNTHETIC = (
    "SYNTHETIC: rendered clips of a few portraits, not people and not attacks.  They show that the detection works "
    "as built; they say nothing about the field."
)
INTERVALS = "Intervals are exact (95 %, Clopper-Pearson) and take the presentations as independent: several of one \
person or of one attack instrument are not, and then they are too narrow."


@dataclass(frozen=True, slots=True)
class Report:
    rates: Rates
    paces: dict[str, Pace]
    frames: str
    synthetic: bool


def kind_of_frames(files: Sequence[Path]) -> str:
    clips = sum(map(is_clip, files))
    return "clips" if clips == len(files) else "mixed" if clips else "single"


def as_json(report: Report) -> Json:
    rates = report.rates
    worst, worst_rate = rates.attacks[0]
    genuine, bpcer = rates.bona_fide
    tallies = (genuine, *(tally for tally, _ in rates.attacks))
    return {
        "apcer": {tally.name: rate.rate for tally, rate in rates.attacks},
        "apcer_ci": {tally.name: [rate.low, rate.high] for tally, rate in rates.attacks},
        "apcer_worst": worst_rate.rate,
        "apcer_worst_species": worst.name,
        "bpcer": bpcer.rate,
        "bpcer_ci": [bpcer.low, bpcer.high],
        "attacks": {tally.name: tally.presentations for tally, _ in rates.attacks},
        "bona_fide": genuine.presentations,
        "non_response": {tally.name: tally.silent for tally in tallies},
        "unreadable": {tally.name: tally.unreadable for tally in tallies},
        "threshold": rates.threshold,
        "fusion": fusion().version,
        "frames": report.frames,
        "synthetic": report.synthetic,
        "live_median": {tally.name: tally.median_live() for tally in tallies},
        "evidence_median": {tally.name: tally.evidence() for tally in tallies},
        "per_s": {kind: round(pace.per_s, 2) for kind, pace in report.paces.items()},
        "bare_per_s": {kind: round(pace.bare_per_s, 2) for kind, pace in report.paces.items() if pace.bare_per_s},
    }


def say(report: Report, console: Console) -> None:
    if report.synthetic:
        console.print(SYNTHETIC, style="bold")
    console.print(_errors(report.rates))
    console.print(_evidence(report.rates))
    for kind, pace in report.paces.items():
        bare = f"; bare {pace.bare_per_s:.2f}, {pace.per_s / pace.bare_per_s:.2f} of it" if pace.bare_per_s else ""
        console.print(f"{kind}: {pace.per_s:.2f} a second{bare}", highlight=False)
    if lost := sum(tally.unreadable for tally in _tallies(report.rates)):
        console.print(f"files that could not be read: {lost}, in no rate", highlight=False)
    console.print(INTERVALS)
    console.print(UNTESTED)
    source = f"fusion {fusion().version} of vision/pad/fusion.toml, which also says on what it was set"
    console.print(f"Threshold {report.rates.threshold:g}; liveness by {source}.", highlight=False)


def _tallies(rates: Rates) -> tuple[Tally, ...]:
    return (*(tally for tally, _ in rates.attacks), rates.bona_fide[0])


def _errors(rates: Rates) -> Table:
    table = Table("", "error", "rate", "95 % interval", "errors", "silent", "live")
    for tally, rate in rates.attacks:
        table.add_row(tally.name, "APCER", *_row(tally, rate))
    tally, rate = rates.bona_fide
    table.add_row("bona fide", "BPCER", *_row(tally, rate))
    table.caption = "silent: presentations without a response; live: median liveness of the others"
    return table


def _row(tally: Tally, rate: Proportion) -> tuple[str, ...]:
    middle = tally.median_live()
    return (
        _percent(rate.rate),
        f"{_percent(rate.low)} to {_percent(rate.high)}",
        f"{round(rate.rate * rate.trials)} of {rate.trials}",
        f"{tally.silent} of {tally.presentations}",
        "–" if middle is None else f"{middle:.3f}",
    )


def _evidence(rates: Rates) -> Table:
    table = Table("", *EVIDENCE, title="why: median evidence (– where nothing could be seen)")
    for tally in _tallies(rates):
        medians = tally.evidence()
        cells = (f"{medians[name]:.3f}" if name in medians else "–" for name in EVIDENCE)
        table.add_row(tally.name.replace("_", " "), *cells)
    return table


def _percent(rate: float) -> str:
    return f"{100 * rate:.3g} %"
