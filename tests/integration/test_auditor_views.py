"""Every view of a person's data is a line of the log, under the account or device that saw it (ACC-1)."""

from pathlib import Path

import grpc
import pytest
from limen.v1 import audit_pb2 as pb
from limen.v1 import manifests_pb2
from sqlalchemy import Engine

from backend import auditor_views
from backend.access import AUDITOR
from backend.acting import Acting
from backend.caller import Caller as Who
from backend.keys import KeyRing
from backend.people.posts import parse
from backend.settings import Records
from backend.store import audit, crossings, decisions, pages, people, schema
from backend.store.people import Account
from calibration.service.border import NOW, Border
from tests.conftest import Caller, Person, Service
from tests.integration.desk import Desk, rows

COMMANDS = Path(__file__).parents[2] / "backend" / "commands"
RECORDS = (pb.KEPT_DECISIONS, pb.KEPT_CROSSINGS, pb.KEPT_OUTBOX)


def auditor(*ports: str) -> Who:
    return Who("r.blanc", "auditor", ports=frozenset(ports), purpose="audit")


def view(border: Border, kept: pb.Kept.ValueType, after: str = "", who: Who = auditor("*")) -> pages.Page:  # noqa: B008
    with border.engine.begin() as db:
        page = auditor_views.view(db, who.ports, Records(), kept, after)
        auditor_views.noted(db, Acting(who, border.keys, NOW), kept, page)
    return page


def crossed(border: Border, many: int = 1) -> None:
    for _ in range(many):
        journey, (anna, *_) = border.journey()
        border.cross(journey, anna)


@pytest.mark.parametrize("kept", [*RECORDS, pb.KEPT_UNTOLD, pb.KEPT_PEOPLE], ids=pb.Kept.Name)
def test_each_page_is_a_line_by_account_with_its_purpose(border: Border, kept: pb.Kept.ValueType) -> None:
    crossed(border)
    shown = view(border, kept)
    with border.engine.begin() as db:
        lines = [row for row in rows(db, schema.audit_log) if row["action"] == "records.viewed"]
    told = f"{len(shown.lines)} from {shown.first} to {shown.last}" if shown.lines else "none"
    assert [(line["who"], line["subject"], line["purpose"], line["result"]) for line in lines] == [
        ("r.blanc", pb.Kept.Name(kept).removeprefix("KEPT_").lower(), "audit", told)
    ]


@pytest.mark.parametrize("kept", RECORDS, ids=pb.Kept.Name)
def test_pages_together_are_everything_once(
    border: Border, kept: pb.Kept.ValueType, monkeypatch: pytest.MonkeyPatch
) -> None:
    crossed(border, 3)
    whole = view(border, kept).lines
    monkeypatch.setattr(pages, "MOST", 2)
    page, found = view(border, kept), list[object]()
    found += page.lines
    while page.next:
        page = view(border, kept, page.next)
        found += page.lines
    assert len(whole) >= 3
    assert found == whole


@pytest.mark.parametrize("kept", RECORDS, ids=pb.Kept.Name)
def test_acc1_an_auditor_of_another_port_sees_nothing_of_this_one(border: Border, kept: pb.Kept.ValueType) -> None:
    crossed(border)
    assert view(border, kept, who=auditor("ZRH")).lines == view(border, kept).lines
    assert view(border, kept, who=auditor("GVA")).lines == []


def test_accounts_are_shown_by_the_ports_of_their_posts(engine: Engine, keys: KeyRing) -> None:
    with engine.begin() as db:
        for name, *posts in (("a.one", "officer@ZRH"), ("b.two", "officer@GVA"), ("c.all", "manager@*"), ("d.none",)):
            people.add(db, Account(name, password="hash"), [parse(post) for post in posts])
        seen = {
            port: [line["person"] for line in pages.people_after(db, [port], "").lines] for port in ("*", "ZRH", "GVA")
        }
        assert "hash" not in str(pages.people_after(db, ["*"], "").lines)
        assert [line["person"] for line in pages.people_after(db, ["*"], "0/b.two").lines] == ["c.all", "d.none"]
    assert seen == {"*": ["a.one", "b.two", "c.all", "d.none"], "ZRH": ["a.one", "c.all"], "GVA": ["b.two", "c.all"]}


def test_only_an_auditor_with_a_purpose_is_shown_a_page(service: Service) -> None:
    asked = pb.ViewRequest(kept=pb.KEPT_DECISIONS)
    reader, other = service.person("r.views", "auditor@*"), service.person("o.views", "officer@*", "supervisor@*")
    assert reader(reader.audit.View, asked, purpose="audit").next == ""
    for who, purpose in ((reader, ""), (reader, "inspection"), (other, "audit"), (Person(reader.channel, ""), "audit")):
        with pytest.raises(grpc.RpcError) as refused:
            who(who.audit.View, asked, purpose=purpose)
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    asked.after = "1; DROP TABLE"
    with pytest.raises(grpc.RpcError) as refused:
        reader(reader.audit.View, asked, purpose="audit")
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert AUDITOR == "auditor"


def test_names_that_go_to_a_gate_are_a_line_once_for_each_device_and_when_it_changes_hands(
    service: Service, gate: Caller, journey: str
) -> None:
    spare = service.add("g1-spare", "gate", "G1")

    def watch(caller: Caller) -> None:
        watching = caller.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=20)
        assert next(one for one in watching if one.expected).journey == journey
        watching.cancel()

    for caller in (gate, gate, spare, spare, gate):
        watch(caller)
    lines = [row for row in service.ask(rows, schema.audit_log) if row["action"] == "gallery.shown"]
    here = [(row["who"], row["role"], row["place"]) for row in lines if row["subject"] == journey]
    assert here == [("g1", "gate", "G1"), ("g1-spare", "gate", "G1"), ("g1", "gate", "G1")]


def test_who_did_it_last_is_told_by_subject_and_place(desk: Desk) -> None:
    for place in ("G1", "G2"):
        with desk.engine.begin() as db:
            desk.acting(Who(f"at-{place}", "gate")).note(db, "gallery.shown", desk.journey, place)
    assert desk.ask(audit.last_by, "gallery.shown", desk.journey, "G1") == "at-G1"
    assert desk.ask(audit.last_by, "gallery.shown", "another", "G1") is None


def test_no_command_reads_what_is_kept_of_people_past_the_service() -> None:
    """Those that open the database make accounts and devices, check, copy and move it."""
    direct = {path.name for path in COMMANDS.glob("*.py") if "asked(" in path.read_text()}
    assert direct == {"terms.py", "audit.py", "devices.py", "people.py", "store.py"}
    for name in ("records.py", "people.py"):
        text = (COMMANDS / name).read_text()
        assert not any(word in text for word in ("decisions.", "crossings.", "outbox.", "everybody"))
    assert not hasattr(decisions, "everybody")
    assert not hasattr(crossings, "entries")
