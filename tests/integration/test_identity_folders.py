"""Where keys and certificates are written: for one name, never over another's, readable by nobody else."""

from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner, Result

from backend import ca
from backend.cli import app
from backend.store import peers
from backend.store.engine import open_store

GATE = ("--gate", "G1", "--port", "ZRH")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "tvs.toml").write_text(f'state_dir = "{tmp_path}/tvs"\nphotos_dir = "{tmp_path}"\n')
    ca.init(tmp_path / "tvs" / "ca", ["tvs.example", "2001:db8::5"])
    return tmp_path


def run(site: Path, *words: str, out: str) -> Result:
    command = ["device", *words, "--settings", str(site / "tvs.toml"), "--out", str(site / out)]
    return CliRunner().invoke(app, command)


def registered(site: Path) -> list[tuple[str, str, str | None]]:
    engine = open_store(site / "tvs")
    with engine.connect() as db:
        known = [(one.name, one.role, one.gate) for one in peers.everybody(db)]
    engine.dispose()
    return known


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_an_identity_is_readable_by_its_owner_only(site: Path) -> None:
    assert run(site, "add", "kiosk-1", *GATE, out="kiosk-1").exit_code == 0
    folder = site / "kiosk-1"
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {file.name: oct(file.stat().st_mode & 0o777) for file in folder.iterdir()}
    assert modes == dict.fromkeys(("peer.key", "peer.pem", "ca.pem"), "0o600")


def test_a_device_added_again_or_renewed_replaces_its_own_identity(site: Path) -> None:
    run(site, "add", "kiosk-1", *GATE, out="kiosk-1")
    first = content(site / "kiosk-1")
    (site / "kiosk-1" / "peer.pem.new").symlink_to(site / "tvs.toml")  # what a run that was cut off, or an enemy, left
    for words in (("renew", "kiosk-1"), ("add", "kiosk-1", *GATE)):
        assert run(site, *words, out="kiosk-1").exit_code == 0
        assert content(site / "kiosk-1")["peer.key"] != first["peer.key"]
    assert "state_dir" in (site / "tvs.toml").read_text()


@pytest.mark.parametrize("words", [("add", "kiosk-2", *GATE), ("renew", "kiosk-2")])
def test_another_devices_identity_is_never_overwritten(site: Path, words: tuple[str, ...]) -> None:
    run(site, "add", "kiosk-1", *GATE, out="kiosk-1")
    if words[0] == "renew":
        run(site, "add", "kiosk-2", *GATE, out="kiosk-2")
    before = content(site / "kiosk-1"), registered(site)
    said = run(site, *words, out="kiosk-1")
    assert said.exit_code == 2
    assert "holds gate kiosk-1's identity, not kiosk-2's" in said.stderr
    assert (content(site / "kiosk-1"), registered(site)) == before


@pytest.mark.parametrize("held", [{"peer.key": b"k"}, {"peer.pem": b"no certificate"}])
def test_what_nobody_knows_whose_it_is_is_never_overwritten(site: Path, held: dict[str, bytes]) -> None:
    (site / "found").mkdir()
    for name, words in held.items():
        (site / "found" / name).write_bytes(words)
    said = run(site, "add", "kiosk-1", *GATE, out="found")
    assert "holds somebody's identity" in said.stderr
    assert (content(site / "found"), registered(site)) == (held, [])


def test_the_authoritys_own_folder_is_no_place_for_a_device(site: Path) -> None:
    before = content(site / "tvs" / "ca")
    assert "holds the authority's files" in run(site, "add", "kiosk-1", *GATE, out="tvs/ca").stderr
    assert content(site / "tvs" / "ca") == before


@pytest.mark.parametrize("name", ["", "-x", "a b", "../x", "a/b", "a#1", "ä", "x" * 81, "a\nb", "a;b"])
def test_a_name_that_could_be_something_else_is_refused(site: Path, name: str) -> None:
    assert run(site, "add", "--", name, out="x").exit_code == 2
    said = run(site, "add", "--gate", name, "--port", "ZRH", "--", "kiosk-1", out="x")
    assert said.exit_code == 2
    assert registered(site) == []
    assert not (site / "x").exists()


def test_a_touchpoint_is_registered_at_a_port_and_is_no_gate(site: Path) -> None:
    assert run(site, "add", "c-1", "--touchpoint", "CHECK-IN-3", "--port", "ZRH", out="c-1").exit_code == 0
    assert registered(site) == [("c-1", "touchpoint", "CHECK-IN-3")]
    for wrong in ((), ("--gate", "G1", "--port", "ZRH"), ("--role", "operator", "--port", "ZRH"), ("--port", "*")):
        assert run(site, "add", "c-2", "--touchpoint", "CHECK-IN-4", *wrong, out="c-2").exit_code == 2
    assert len(registered(site)) == 1


def test_pages_have_a_certificate_of_their_own_for_the_hosts_browsers_use(site: Path) -> None:
    assert run(site, "add", "kiosk-1", *GATE, "--host", "g1.zrh.example", "--host", "10.1.2.3", out="k").exit_code == 0
    assert ca.page_hosts(site / "k") == ["g1.zrh.example", "10.1.2.3"]
    page = x509.load_pem_x509_certificate((site / "k" / "page.pem").read_bytes())
    names = page.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [], "it is nobody's identity to the service"
    first = content(site / "k")
    assert run(site, "renew", "kiosk-1", out="k").exit_code == 0
    assert ca.page_hosts(site / "k") == ["g1.zrh.example", "10.1.2.3"]
    assert content(site / "k")["page.key"] != first["page.key"]


@pytest.mark.parametrize(
    "host",
    ["tvs.example", "TVS.example", "2001:DB8:0:0:0:0:0:5", "localhost", "a.localhost", "127.0.0.1", "::1", "a b"],
)
def test_a_gates_pages_cannot_pretend_to_be_the_service(site: Path, host: str) -> None:
    assert run(site, "add", "kiosk-1", *GATE, "--host", host, out="k").exit_code == 2
    assert registered(site) == []
    assert not (site / "k").exists()
