"""Settings that cannot work: the appliance does not start, says why in one sentence, and ends with 2."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backend import ca

HERE = Path(__file__).parents[2]
Spoil = Callable[[Path], None]
GATE = '[gate]\nkind = "controller"\nport = "/dev/serial/by-path/none"\nkey = "gate.key"\nid = 1\n'
OSDP = '[gate]\nkind = "osdp"\nport = "/dev/serial/by-path/none"\naddress = 5\nkey = "osdp.key"\n'
OLD_KEY = '[screens]\nagent_key = "canary-canary"'
SOUND = f"""device = "kiosk-1"
camera = "clip:lane.m3u"
journal_dir = "journal"
{GATE}[service]
address = "localhost:7443"
identity = "identity"
[screens]
port = 18080
"""


def changed(old: str, new: str) -> Spoil:
    def spoil(root: Path) -> None:
        text = (root / "gate.toml").read_text()
        assert old in text
        (root / "gate.toml").write_text(text.replace(old, new))

    return spoil


def without(name: str) -> Spoil:
    return lambda root: (root / name).unlink()


def written(name: str, content: bytes, *then: Spoil) -> Spoil:
    def spoil(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
        for more in then:
            more(root)

    return spoil


def camera(address: str) -> Spoil:
    return changed("clip:lane.m3u", address)


def journal(where: str) -> Spoil:
    return changed('"journal"', f'"{where}"')


def service(address: str) -> Spoil:
    return changed("localhost:7443", address)


def open_key(root: Path) -> None:
    (root / "gate.key").chmod(0o644)


def settings_folder(root: Path) -> None:
    (root / "gate.toml").unlink()
    (root / "gate.toml").mkdir()


def foreign_identity(root: Path) -> None:
    ca.init(root / "other", ["localhost"])
    (root / "identity" / "peer.key").write_bytes((root / "other" / "service.key").read_bytes())


CALIBRATED = changed("[service]", '[calibration]\nfile = "none.toml"\ncamera = "x"\n[service]')
UNFIT: dict[str, tuple[Spoil, str]] = {
    "no settings": (without("gate.toml"), "settings gate.toml: No such file.*name a file"),
    "settings are a folder": (settings_folder, "settings gate.toml: Is a directory; name a file"),
    "no UTF-8": (written("gate.toml", b'device = "\xff"'), "settings gate.toml: .*utf-8.*mend the file"),
    "no TOML": (written("gate.toml", b"= ="), "settings gate.toml: Invalid.*mend the file"),
    "nested without end": (written("gate.toml", b"a = " + b"[" * 20_000), "settings gate.toml: .*mend the file"),
    "empty": (written("gate.toml", b""), "device: Field required; camera: Field required.*mend the file"),
    "unknown key": (changed("[screens]", "[screens]\ncolour = 1"), "screens.colour: Extra inputs.*got 1.*mend"),
    "unknown section": (changed("[screens]", "[colours]\nx = 1\n[screens]"), "colours: Extra inputs"),
    "a key of two lines": (changed("[screens]", '[screens]\n"a\\nb" = 1'), "screens.a b: Extra inputs"),
    "camera of no kind": (camera("usb:0"), "camera 'usb:0': expected v4l2:DEVICE, rtsp"),
    "camera without a kind": (camera("/dev/video0"), "camera '/dev/video0': expected"),
    "camera of the eye's own": (camera("tap:1,2,x"), "camera .*: expected v4l2"),
    "camera nowhere": (camera("clip:"), "camera 'clip:': expected"),
    "camera with a password": (camera("http://u:canary@h/x"), r"camera 'http://u:\*\*\*@h/x': expected"),
    "stream without a host": (camera("rtsp://u:canary@:99999/x"), r"camera 'rtsp://.*expected rtsp://"),
    "control": (camera("v4l2:/dev/video0?speed=1"), "speed='1'; expected a whole number for exposure_us"),
    "no clip": (camera("clip:gone.mp4"), "camera 'clip:gone.mp4': gone.mp4: No such file.*name a video"),
    "clip is a folder": (camera("clip:identity"), "camera 'clip:identity': .*directory; name a video"),
    "no playlist": (without("lane.m3u"), "camera 'clip:lane.m3u': lane.m3u: No such file.*name a video or"),
    "no clip of the playlist": (without("a.mp4"), "camera 'clip:lane.m3u': a.mp4: No such file"),
    "playlist is no text": (written("lane.m3u", b"\xff\xfe"), "camera 'clip:lane.m3u': .*utf-8.*name a video"),
    "drill of no kind": (camera("fault:noise:a.mp4"), "camera 'fault:noise:a.mp4': expected"),
    "no clip of the drill": (camera("fault:black:gone.mp4"), "gone.mp4: No such file"),
    "no gate key": (without("gate.key"), "gate.key: gate.key: No such file.*hardware key. makes"),
    "gate key is no key": (written("gate.key", b"canary"), "gate.key: .*hexadecimal"),
    "gate key is everybody's": (open_key, "gate.key: .*chmod 600"),
    "no OSDP key": (changed(GATE, OSDP), "gate.key: OSDP key osdp.key: .*No such file.*check path"),
    "OSDP key is no text": (written("osdp.key", b"\xff", changed(GATE, OSDP)), "gate.key: OSDP key osdp.key: "),
    "no timing": (changed("id = 1", 'id = 1\ntiming = "none.toml"'), "gate timing none.toml: .*limen-calibrate gate"),
    "no calibration": (CALIBRATED, "calibration none.toml: cannot be read: No such file.*limen-calibrate camera"),
    "journal in a file": (journal("a.mp4/j"), "journal_dir a.mp4/j: Not a directory; name another"),
    "journal is a file": (journal("a.mp4"), "journal_dir a.mp4: File exists; name another"),
    "journal cannot be made": (journal("/proc/limen"), "journal_dir /proc/limen: No such file.*name another"),
    "journal cannot be written": (journal("/proc/self"), "journal_dir /proc/self: .*name another"),
    "journal of no name": (journal("a\\u0000b"), "journal_dir: .*without a zero byte"),
    "journal of somebody else": (written("journal/1.jsonl", b"{}\n"), "journal/1.jsonl: line 1 cannot be read"),
    "no identity": (changed('"identity"', '"nowhere"'), "service.identity nowhere/ca.pem: No such file.*device add"),
    "no key of the identity": (without("identity/peer.key"), "identity/peer.key: No such file.*device add"),
    "identity is no certificate": (
        written("identity/peer.pem", b"x"),
        "service.identity identity: no cert.*device add",
    ),
    "identity of two": (foreign_identity, "service.identity identity: .*key that belongs to it.*device add"),
    "service without a port": (service("localhost"), "service.address: .*HOST:PORT.*got 'localhost'"),
    "service at port 0": (service("localhost:0"), "service.address: .*1 to 65535.*got 'localhost:0'"),
    "service port too high": (service("localhost:70000"), "service.address: .*1 to 65535.*got 'localhost:70000'"),
    "service port a word": (service("localhost:https"), "service.address: .*HOST:PORT"),
    "service without a host": (service(":7443"), "service.address: .*HOST:PORT"),
    "service as a page": (service("https://localhost:7443"), "service.address: .*HOST:PORT"),
    "port 0": (changed("18080", "0"), "screens.port: .*greater than or equal to 1, got 0"),
    "port too high": (changed("18080", "70000"), "screens.port: .*less than or equal to 65535, got 70000"),
    "pages of nobody": (changed("[screens]", '[screens]\nhost = "192.0.2.1"'), "screens 192.0.2.1:18080: .*free port"),
    "pages of no name": (changed("[screens]", '[screens]\nhost = "a..b"'), r"screens a\.\.b:18080: .*free port"),
    "key of an earlier release": (
        changed("[screens]", '[screens]\nagent_key = "canary-canary"'),
        "screens.agent_key: Extra inputs",
    ),
    "deadline": (changed("[screens]", "deadline_s = nan\n[screens]"), "service.deadline_s: .*got nan"),
}
OVERRIDES = {
    "LIMEN_GATE__CAMERA__X": ("1", "LIMEN_GATE__CAMERA__X: camera is no section"),
    "LIMEN_GATE__SERVICE__ADDRESS__X": ("1", "LIMEN_GATE__SERVICE__ADDRESS__X: address is no section"),
    "LIMEN_GATE__SERVICE": ("x", "service: .*dictionary.*got 'x'"),
    "LIMEN_GATE__SPEED": ("1", "speed: Extra inputs"),
    "LIMEN_GATE__": ("1", "Extra inputs"),
    "LIMEN_GATE__DEVICE": ("\udcff", "device: "),
    "LIMEN_GATE__SCREENS__PORT": ("x", "screens.port: .*integer.*got 'x'"),
}


def refused(root: Path, **env: str) -> str:
    """What the real command says."""
    command = [sys.executable, "-m", "edge.cli", "run", "--settings", "gate.toml"]
    path = {"PYTHONPATH": f"{HERE}:{HERE / 'protos'}"}
    done = subprocess.run(
        command, cwd=root, env=os.environ | path | env, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, ""), done
    assert re.fullmatch(r"limen-gate: [^\n]+\n", done.stderr), done.stderr
    assert "canary" not in done.stderr
    return done.stderr


@pytest.fixture
def root(tmp_path: Path) -> Path:
    ca.init(tmp_path / "ca", ["localhost"])
    (tmp_path / "identity").mkdir()
    for name, source in (("ca.pem", "ca.pem"), ("peer.pem", "service.pem"), ("peer.key", "service.key")):
        (tmp_path / "identity" / name).write_bytes((tmp_path / "ca" / source).read_bytes())
    (tmp_path / "gate.key").write_text("8f3a1c5577e0a92bd4461e08b3f7c96a")
    (tmp_path / "gate.key").chmod(0o600)
    (tmp_path / "a.mp4").write_bytes(b"a video")
    (tmp_path / "lane.m3u").write_text("a.mp4\n")
    (tmp_path / "gate.toml").write_text(SOUND)
    return tmp_path


@pytest.mark.parametrize("what", UNFIT)
def test_what_cannot_work_refuses_to_start_with_one_sentence(root: Path, what: str) -> None:
    spoil, said = UNFIT[what]
    spoil(root)
    assert re.search(said, refused(root))


@pytest.mark.parametrize("name", OVERRIDES)
def test_the_environment_is_read_as_strictly(root: Path, name: str) -> None:
    value, said = OVERRIDES[name]
    assert re.search(said, refused(root, **{name: value}))


def test_a_port_in_use_refuses_to_start_with_one_sentence_and_leaves_no_journal(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        changed("18080", str(port))(root)
        assert f"screens 127.0.0.1:{port}: Address already in use; choose a free port" in refused(root)
    assert list((root / "journal").iterdir()) == []
