"""PR-01: what is left of a citizen's face within a minute, in every file the service can have written: nothing."""

import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from limen.v1 import manifests_pb2
from limen.v1 import verification_pb2 as pb
from limen.v1.manifests_pb2_grpc import ManifestsStub
from limen.v1.verification_pb2_grpc import VerificationStub
from sqlalchemy import Connection, select, text

from backend.clock import utc_ms
from backend.errors import KeyGone
from backend.keys import RECORDS, KeyRing, of_citizens, of_gallery
from backend.operations import backup
from backend.photos import key
from backend.store import journeys, templates
from backend.store.engine import open_store
from backend.store.schema import captures, travelers
from backend.store.schema import templates as template_rows
from calibration.rehearsal.cast import portrait
from calibration.service.figure import Figure
from calibration.service.observed import Observed, found, windows
from calibration.service.postgres import Postgres
from calibration.service.rig import cropped, shot, template
from calibration.service.sinks import SinksSilent, wait
from calibration.service.stores import KINDS
from vision.embed import template_version

CITIZEN, OTHER = "ben-live-evening", "carla-live"  # of the other a sealed copy of the image is due
ON_FILE = {"B1": ("ben-on-file-1", "ben-on-file-2"), "C1": ("carla-on-file",)}
OF_AN_IMAGE, OF_A_TEMPLATE = 12, 4  # windows looked for
LATEST_S, CALL_S = 60.0, 30.0


@dataclass(slots=True)
class Seen:
    """found: what of a face lay somewhere.  late: journeys whose citizens' templates were still there after a minute.
    sealed, opened: citizens' templates in the copy made before, and how many could still be read.  unproven: checks
    that the search and the copy show what is there, which failed."""

    looked_for: int = 0
    found: list[str] = field(default_factory=list)
    late: int = 0
    sealed: int = 0
    opened: int = 0
    unproven: list[str] = field(default_factory=list)
    slowest_s: float = 0.0


class Gate:
    """Citizens and others go through one gate, each flight with another light on their faces."""

    def __init__(self, rig: Observed) -> None:
        self._rig = rig
        self._manifests = ManifestsStub(rig.connect("carrier"))
        self._gate = VerificationStub(rig.connect("g1"))
        self.wanted: dict[str, list[bytes]] = {}

    def announce(self, number: int) -> str:
        """A flight with a citizen and a foreigner, searchable."""
        request = manifests_pb2.SubmitRequest(interchange=_manifest(f"XX{number}"))
        journey = str(self._manifests.Submit(request, timeout=CALL_S, wait_for_ready=True).journey)
        wait(lambda: self._rig.ask(_searchable, journey), f"the gallery of {journey}", LATEST_S)
        held = self._rig.ask(templates.samples, self._rig.keys, journey, template_version())
        for at, (_, vector) in enumerate(held):
            self.wanted[f"{journey}: template {at}"] = windows(vector.astype("<f4").tobytes(), OF_A_TEMPLATE)
        return journey

    def visit(self, journey: str, name: str, light: float) -> None:
        """Somebody is found, proceeds and is seen to pass."""
        self._rig.ask(journeys.assign, "G1", journey)
        cut = cropped(name, light)
        self.wanted[f"{journey}: image of {name}"] = windows(cut.jpeg[len(cut.jpeg) // 4 :], OF_AN_IMAGE)
        live = template(cut).astype("<f4").tobytes()
        self.wanted[f"{journey}: live template of {name}"] = windows(live, OF_A_TEMPLATE)
        asked = pb.VerifyRequest(encounter=str(uuid.uuid4()), attempt=1, journey=journey, device="g1")
        asked.camera.CopyFrom(pb.Camera(name="rig", width=1920, height=1080))
        asked.shots.append(shot(cut))
        given = self._gate.Verify(asked, timeout=CALL_S)
        told = pb.ReportOutcomeRequest(encounter=asked.encounter, journey=journey, ended_utc_ms=utc_ms())
        told.crossed.decision = given.proceed.decision
        self._gate.ReportOutcome(told, timeout=CALL_S)

    def close(self, journey: str) -> None:
        self._manifests.CloseDoors(manifests_pb2.CloseDoorsRequest(journey=journey), timeout=CALL_S)


def _manifest(flight: str) -> bytes:
    day = f"{datetime.now(UTC):%y%m%d}"
    # Late, because twelve hours after its departure a citizen's template is gone (RET-1) whatever the gate does.
    leg = f"TDT+20+{flight}'LOC+125+ZRH'DTM+189:{day}2300:201'LOC+87+HKG'"
    people = "".join(
        f"NAD+FL+++SPECIMEN:{number}'DTM+329:800203'NAT+2+{nationality}'DOC+P+{number}'LOC+91+UTO'"
        for number, nationality in (("B1", "CHE"), ("C1", "UTO"))
    )
    head = f"UNA:+.? 'UNB+UNOA:4+XX+L+{day}:0800+1'UNH+1+PAXLST:D:12B:UN:IATA'BGM+745'"
    return f"{head}{leg}{people}CNT+42:2'UNT+9+1'UNZ+1+1'".encode()


def lived(root: Path, url: str, visits: int) -> Seen:
    """Citizens and others cross, with a copy made before and one after."""
    rig, seen = _furnished(root, url), Seen()
    data = [Path(rig.ask(_data_folder))] if url else []
    with rig:
        gate = Gate(rig)
        announced = [gate.announce(number) for number in range(visits)]
        before = rig.back_up("before.backup")
        for number, journey in enumerate(announced):
            for name in (CITIZEN, OTHER):
                gate.visit(journey, name, 1.0 - 0.02 * number)
        seen.found += found(gate.wanted, rig.written(*data))
        for journey in announced:
            gate.close(journey)
            _gone(rig, journey, seen)
        rig.back_up("after.backup")
        seen.found += found(gate.wanted, rig.written(*data))
        seen.looked_for = len(gate.wanted)
        _proven(rig, announced, data, seen)
    _copied(before, rig.keys, root, seen)
    return seen


def _furnished(root: Path, url: str) -> Observed:
    rig = Observed(root, url)
    for number, names in ON_FILE.items():
        (folder := root / "photos" / key("P", "UTO", number)).mkdir()
        for name in names:
            shutil.copy(portrait(name), folder)
    rig.add("carrier", "carrier")
    rig.add("g1", "gate", "G1")
    return rig


def _gone(rig: Observed, journey: str, seen: Seen) -> None:
    """The citizens' templates and their key, within a minute of the doors."""
    began_s = time.monotonic()
    try:
        wait(
            lambda: not rig.keys.has(of_citizens(journey)) and rig.ask(_citizens_left, journey) == 0, journey, LATEST_S
        )
    except SinksSilent:
        seen.late += 1
    seen.slowest_s = max(seen.slowest_s, time.monotonic() - began_s)


def _proven(rig: Observed, announced: list[str], data: list[Path], seen: Seen) -> None:
    """The search finds what does lie there, and of who is no citizen there is an image, which its key opens."""
    secret = {"a key": [rig.keys.box(RECORDS).raw()]}
    if not found(secret, rig.written()):
        seen.unproven.append("a key that lies among the files was not found")
    kept = rig.ask(_captured)
    if len(kept) != len(announced):
        seen.unproven.append(f"{len(kept)} sealed images of {len(announced)} who are no citizens")
    for about, journey, sealed in kept:
        if not rig.keys.box(of_gallery(journey)).open(sealed, about).startswith(b"\xff\xd8"):
            seen.unproven.append(f"{about}: no JPEG")
        if data and not found({about: windows(sealed, OF_AN_IMAGE)}, rig.written(*data)):
            seen.unproven.append(f"{about}: its sealed bytes were not found in the database's files")


def _copied(before: Path, keys: KeyRing, root: Path, seen: Seen) -> None:
    """What the keys that are left open of a copy made before."""
    target = open_store(root / "restored")
    backup.restore(before, target, root / "tvs" / "keys")
    others = 0
    with target.connect() as db:
        for row in db.execute(select(template_rows, travelers.c.journey, travelers.c.citizen).join(travelers)):
            opened = _opens(keys, row.journey, f"{row.traveler}/{row.sample}", row.sealed)
            seen.sealed += row.citizen
            seen.opened += row.citizen and opened
            others += opened and not row.citizen
    target.dispose()
    if not others:
        seen.unproven.append("no template of the copy could be opened, not even of who is no citizen")


def _opens(keys: KeyRing, journey: str, about: str, sealed: bytes) -> bool:
    """With any of the journey's keys."""
    for name in (of_citizens(journey), of_gallery(journey)):
        try:
            keys.box(name).open(sealed, about)
        except KeyGone:
            continue
        return True
    return False


def _searchable(db: Connection, journey: str) -> bool:
    run = journeys.find(db, journey)
    return run is not None and run.searchable_utc_ms is not None


def _citizens_left(db: Connection, journey: str) -> int:
    here = select(template_rows).join(travelers).where(travelers.c.journey == journey, travelers.c.citizen)
    return len(db.execute(here).all())


def _captured(db: Connection) -> list[tuple[str, str, bytes]]:
    return [(f"{row.encounter}/{row.attempt}", row.journey, row.sealed) for row in db.execute(select(captures))]


def _data_folder(db: Connection) -> str:
    return str(db.execute(text("SHOW data_directory")).scalar_one())


def figures(quick: bool) -> Iterator[Figure]:
    visits = 2 if quick else 20
    for kind in KINDS:
        with ExitStack() as stack:
            root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="limen-")))
            url = "" if kind == "sqlcipher" else stack.enter_context(Postgres()).database()
            yield figure(kind, lived(root, url, visits), visits)


def figure(kind: str, seen: Seen, visits: int) -> Figure:
    words = (
        f"{visits} citizens and as many others; {seen.looked_for} images and templates looked for in every file and "
    )
    words += (
        f"two backups, gone {seen.slowest_s:.1f} s after the doors; of {seen.sealed} sealed templates in the backup "
    )
    words += f"made before {seen.opened} opened"
    bad = len(seen.found) + seen.late + seen.opened + len(seen.unproven)
    return Figure("PR-01", "nothing of a citizen's face within a minute", kind, visits, bad, words)
