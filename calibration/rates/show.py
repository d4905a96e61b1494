"""A report as one JSON object, as tables, and as a DET curve."""

import csv
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from calibration.rates.draw import Sizes
from calibration.rates.errors import FolderUnfit
from calibration.rates.identify import Report
from calibration.rates.measure import Proportion, Rates
from calibration.rates.simulate import Outcome

Json = dict[str, object]
PICTURES = frozenset({".png", ".csv"})
CURVE = 400  # points of a DET curve


def as_json(report: Report) -> Json:
    groups = [
        {"attribute": g.attribute, "value": g.value, "people": len(g.members), **_group(fnir, fpir)}
        for g, fnir, fpir in report.groups
    ]
    return {**_measured(report), **_looked_at(report), "groups": groups}


def _measured(report: Report) -> Json:
    rates = report.rates
    return {
        "gallery_size": report.gallery_size,
        "fpir_target": report.request.fpir,
        "threshold": rates.threshold,
        "threshold_from": report.setting.source,
        **_both(rates),
        "rank1": rates.rank1,
        "mated_trials": rates.fnir.trials,
        "nonmated_trials": rates.fpir.trials,
        "mated_samples": report.outcome.mated.samples,
        "nonmated_samples": report.outcome.nonmated.samples,
        "fta": report.material.fta,
        "with_margin": {"fnir": report.margin.fnir.rate, "fpir": report.margin.fpir.rate},
        "service": {"threshold": report.service.threshold, **_both(report.service)},
        "tail": _tail(report),
    }


def _looked_at(report: Report) -> Json:
    request, material = report.request, report.material
    return {
        "photos_on_file": request.sizes.on_file,
        "probes": request.sizes.probes,
        "draws": request.draws,
        "seed": request.seed,
        "people": len(material.people),
        "photos": len(material.folder.photos),
        "refused": {why.value: count for why, count in material.refused},
        "photos_per_s": round(material.photos_per_s, 2),
        "bare_photos_per_s": None if material.bare_photos_per_s is None else round(material.bare_photos_per_s, 2),
    }


def _pair(name: str, found: Proportion) -> Json:
    return {name: found.rate, f"{name}_ci": [found.low, found.high]}


def _both(rates: Rates) -> Json:
    return {**_pair("fnir", rates.fnir), **_pair("fpir", rates.fpir)}


def _tail(report: Report) -> Json | None:
    if (found := report.setting.tail) is None:
        return None
    return {"share": found.share, "from": found.start, "scale": found.scale, "lift": found.lift}


def _group(fnir: Proportion | None, fpir: Proportion | None) -> Json:
    return {
        key: value
        for name, found in (("fnir", fnir), ("fpir", fpir))
        for key, value in (_pair(name, found) if found else {name: "insufficient"}).items()
    }


def say(report: Report, console: Console) -> None:
    sizes, rates = report.request.sizes, report.rates
    asked = "" if report.request.gallery_size else " (as many as leave a tenth of the people as strangers)"
    console.print(
        f"galleries of {report.gallery_size}{asked}, {report.request.draws} draws, "
        f"{sizes.on_file} photo(s) on file × {sizes.probes} probe(s)"
    )
    console.print(f"threshold {rates.threshold:.4f}, {report.setting.source}, for FPIR {report.request.fpir:g}")
    table = Table("", "rate", "95 % interval", "searches", "distinct samples")
    for name, found, searches in (
        ("FNIR", rates.fnir, report.outcome.mated),
        ("FPIR", rates.fpir, report.outcome.nonmated),
    ):
        table.add_row(name, _percent(found.rate), _interval(found), str(found.trials), str(searches.samples))
    console.print(table)
    console.print(
        f"rank 1: {_percent(rates.rank1)}; with the runner-up margin: FNIR {_percent(report.margin.fnir.rate)}; "
        f"at the service's threshold {report.service.threshold:.4f}: FNIR {_percent(report.service.fnir.rate)}, "
        f"FPIR {_percent(report.service.fpir.rate)}"
    )
    material = report.material
    console.print(
        f"FTA {_percent(material.fta)} of probe photos, not counted in FNIR; {material.photos_per_s:.1f} photos/s"
    )
    if (bare := material.bare_photos_per_s) is not None:
        console.print(f"bare rate {bare:.1f} photos/s: {material.photos_per_s / bare:.2f} of it")
    for why, count in material.refused:
        console.print(f"photos refused: {count}, {why.value}")
    if report.groups:
        console.print(_groups(report))


def _groups(report: Report) -> Table:
    table = Table("attribute", "value", "people", "FNIR", "FPIR")
    for group, *found in report.groups:
        cells = [f"{_percent(one.rate)} ({_interval(one)})" if one else "insufficient" for one in found]
        table.add_row(group.attribute, group.value, str(len(group.members)), *cells)
    return table


def gains(rows: list[tuple[Sizes, Rates, Rates]], gallery_size: int) -> Table:
    table = Table("on file × probes", "FNIR at FPIR 0.3 %", "FNIR at FPIR 0.1 %", title=f"galleries of {gallery_size}")
    for sizes, one, other in rows:
        table.add_row(f"{sizes.on_file} × {sizes.probes}", *(_percent(r.fnir.rate) for r in (one, other)))
    return table


def gain_rows(rows: list[tuple[Sizes, Rates, Rates]]) -> list[Json]:
    return [
        {
            "photos_on_file": s.on_file,
            "probes": s.probes,
            "fnir_at_fpir_0.003": a.fnir.rate,
            "fnir_at_fpir_0.001": b.fnir.rate,
        }
        for s, a, b in rows
    ]


def _percent(rate: float) -> str:
    return f"{100 * rate:.3g} %"


def _interval(found: Proportion) -> str:
    return f"{_percent(found.low)} to {_percent(found.high)}"


def curve(outcome: Outcome) -> list[tuple[float, float, float]]:
    """(threshold, FPIR, FNIR) from the lowest score to the highest: the DET curve."""
    both = np.concatenate([outcome.mated.scores, outcome.nonmated.scores])
    marks = np.unique(np.quantile(both, np.linspace(0, 1, CURVE)))
    wrong, right = np.sort(outcome.nonmated.scores), np.sort(outcome.mated.scores[outcome.mated.right])
    fpir = 1 - np.searchsorted(wrong, marks) / len(wrong)
    fnir = 1 - (len(right) - np.searchsorted(right, marks)) / len(outcome.mated.scores)
    return [tuple(row) for row in np.column_stack([marks, fpir, fnir]).tolist()]


def check_endings(det: Path | None, written: Path | None) -> None:
    """Refuse files that could not be written, before the work.  Raises FolderUnfit."""
    if det and det.suffix.lower() not in PICTURES:
        raise FolderUnfit(f"a DET curve is written as .png or .csv, not as {det.name}")
    for file in (det, written):
        if file and not file.parent.is_dir():
            raise FolderUnfit(f"{file.parent} is no folder: {file.name} cannot be written there")


def det(report: Report, file: Path) -> None:
    """A DET curve as a picture or as numbers, by the file's ending.  Raises OSError."""
    points = curve(report.outcome)
    if file.suffix.lower() == ".png":
        return _plot(report, points, file)
    with file.open("w", newline="") as text:
        csv.writer(text).writerows([("threshold", "fpir", "fnir"), *points])
    return None


def _plot(report: Report, points: list[tuple[float, float, float]], file: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _, fpir, fnir = zip(*points, strict=True)
    axes.plot(fpir, fnir, drawstyle="steps-post", color="black")
    axes.plot([report.rates.fpir.rate], [report.rates.fnir.rate], "o", label=f"threshold {report.rates.threshold:.3f}")
    floor = 0.5 / max(report.rates.fpir.trials, report.rates.fnir.trials)
    axes.set_xscale("symlog", linthresh=floor)
    axes.set_yscale("symlog", linthresh=floor)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="FPIR", ylabel="FNIR")
    axes.set_title(f"gallery of {report.gallery_size}, {report.outcome.mated.samples} distinct mated samples")
    axes.grid(which="both", alpha=0.3)
    axes.legend()
    figure.savefig(file, dpi=120)
