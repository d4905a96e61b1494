"""The synthetic rehearsal's people and attacks as presentations, rendered once into the cache."""

from collections.abc import Iterator
from pathlib import Path

from rich.progress import Progress

from calibration.pad.folders import BONA_FIDE, Collection, Species
from calibration.processes import in_two_processes, quiet
from calibration.rehearsal import cast
from calibration.rehearsal.clips import render
from calibration.rehearsal.scenes import Actor, Attack, Cutout, Print, Replay, Scene, Screen
from vision.models import cache_dir

FOLDER = "clips-pad-2"
LIVE = ("anna-live", "ben-live", "carla-live", "stranger-live", "companion-live")
ATTACKED = LIVE[:3]
ATTACKS: dict[str, Attack] = {
    "print": Print(),
    "small_print": Print(0.148, 0.21, 0.002),
    "tablet": Replay(),
    "phone": Replay(Screen.PHONE),
    "cutout": Cutout(eye_holes=True),
    "curved_cutout": Cutout(curved=True),
}


def rendered(progress: Progress) -> Collection:
    """Every clip, those missing rendered on two processes.  Raises ModelUnfit, OSError, FolderUnfit."""
    cast.fetch_portraits()
    planned = {species: list(_scenes(species)) for species in (BONA_FIDE, *ATTACKS)}
    places = [(scene, cache_dir() / FOLDER / species) for species, scenes in planned.items() for scene in scenes]
    if missing := [(scene, folder) for scene, folder in places if not _file(scene, folder).exists()]:
        _render(missing, progress)
    bona_fide, *attacks = (
        Species(species, tuple(_file(scene, cache_dir() / FOLDER / species) for scene in scenes))
        for species, scenes in planned.items()
    )
    return Collection(bona_fide, tuple(attacks))


def _render(missing: list[tuple[Scene, Path]], progress: Progress) -> None:
    task = progress.add_task("rendering clips (once)", total=len(missing))
    for _ in in_two_processes(quiet, _rendered, missing):
        progress.advance(task)


def _rendered(what: tuple[Scene, Path]) -> Path:
    return render(*what)


def _scenes(species: str) -> Iterator[Scene]:
    """Before a plain wall and a busy hall in turn."""
    for number, name in enumerate(LIVE if species == BONA_FIDE else ATTACKED):
        actor = Actor(cast.portrait(name))
        yield Scene(f"{species}-{name}", (actor,), busy=number % 2 == 1, attack=ATTACKS.get(species))


def _file(scene: Scene, folder: Path) -> Path:
    return folder / f"{scene.name}.mp4"
