"""Which door an appliance may be set to."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge import settings
from edge.doors import open_door, opener
from edge.errors import SettingsUnfit
from edge.settings import ControllerGate, KeysReader, OsdpGate, RelayGate, SerialReader
from hardware.errors import KeyUnfit, PortClosed
from hardware.inputs import Inputs
from hardware.osdp.door import OsdpDoor
from hardware.relays.door import RelayDoor

REST = """device = "k"
camera = "clip:x.mp4"
journal_dir = "j"
[service]
address = "localhost:1"
identity = "i"
[screens]
port = 8080
"""
CONTROLLER = 'kind = "controller"\nport = "/dev/serial/by-path/pci-1"\nkey = "/etc/limen/gate.key"\nid = 7\n'
OSDP = 'kind = "osdp"\nport = "/dev/serial/by-path/pci-1"\naddress = 5\nkey = "osdp.key"\n'
RELAY = 'kind = "relay"\nboard = "numato"\nport = "/dev/serial/by-path/pci-1"\nchannel = 0\ncabinet = "monostable"\n'

Read = Callable[[str], settings.Settings]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def gate(text: str) -> settings.Settings:
        file = tmp_path / "gate.toml"
        file.write_text(REST + "[gate]\n" + text)
        return settings.read(file, {})

    return gate


def test_each_kind_of_door_is_read(read: Read) -> None:
    assert isinstance(read(CONTROLLER).gate, ControllerGate)
    osdp = read(OSDP + "opens_s = 3\ninputs = {closed = 0, inverted = [0]}\n").gate
    assert isinstance(osdp, OsdpGate)
    assert osdp.inputs.inputs == Inputs(closed=0, inverted=frozenset({0}))
    assert isinstance(read(RELAY).gate, RelayGate)


@pytest.mark.parametrize(
    ("gate", "why"),
    [
        (CONTROLLER + "baud = 9600\n", r"gate\.controller\.baud: Extra"),
        (CONTROLLER.replace("id = 7", "id = 70000"), r"gate\.controller\.id: .*less than or equal to 65535, got 70000"),
        (OSDP + "opens_s = 11\n", r"gate\.osdp\.opens_s: .*less than or equal to 10, got 11"),
        (OSDP + "install_mode = true\n", r"install_mode: Extra"),
        (OSDP + "inputs = {leaf = 1}\n", r"gate\.osdp\.inputs\.leaf: Extra"),
        (RELAY.replace('cabinet = "monostable"', ""), r'must be "monostable": a relay board has no dead man'),
        (RELAY.replace("monostable", "bistable"), r'must be "monostable": .* ask the cabinet'),
        (RELAY + "pulse_ms = 5000\n", r"pulse_ms: .*2000, got 5000"),
        (RELAY + "opens_s = 0.2\n", r"opens_s 0\.2: a cabinet stays open at least for its pulse, 500 ms"),
        (RELAY + "flash = true\n", r"numato board cannot end a pulse"),
        (RELAY.replace("numato", "lcus"), r"channel 0: relays of this lcus board are 1\.\.255"),
        (RELAY.replace("numato", "kmtronic").replace("channel = 0", "channel = 9"), r"channel 9: .* 1\.\.8"),
        (RELAY.replace("numato", "lcus").replace("= 0", "= 1") + "inputs = {closed = 1}\n", r"a lcus board has none"),
        (OSDP.replace('"osdp"', '"osdq"'), r"kind"),
        (RELAY.replace("/dev/serial/by-path/pci-1", "/dev/ttyUSB0"), r"/dev/ttyUSB0 can be another device"),
        (CONTROLLER.replace("/dev/serial/by-path/pci-1", "/dev/ttyACM1"), r"use its link under /dev/serial/by-path"),
    ],
)
def test_an_unfit_door_is_refused_in_words(read: Read, gate: str, why: str) -> None:
    with pytest.raises(SettingsUnfit, match=why):
        read(gate)


def test_a_door_without_a_section_says_which_section(tmp_path: Path) -> None:
    file = tmp_path / "gate.toml"
    file.write_text('gate = "/dev/serial/by-path/pci-1"\n' + REST)
    with pytest.raises(SettingsUnfit, match=r"must be a section: \[gate\] with kind"):
        settings.read(file, {})


def test_a_secret_is_never_in_the_words(read: Read, tmp_path: Path) -> None:
    file = tmp_path / "gate.toml"
    file.write_text(REST + 'agent_key = "of an earlier release"\n[gate]\n' + CONTROLLER)
    with pytest.raises(SettingsUnfit, match=r"screens\.agent_key: Extra inputs are not permitted") as refused:
        settings.read(file, {})
    assert "earlier" not in str(refused.value)


def test_the_link_to_use_is_named(tmp_path: Path) -> None:
    link = tmp_path / "pci-0000:00:14.0-usb-0:2:1.0"
    link.symlink_to("/dev/ttyUSB7")
    with pytest.raises(ValueError, match=rf'set port = "{link}"'):
        settings.stable("/dev/ttyUSB7", tmp_path)


@pytest.fixture
def terminal() -> Iterator[str]:
    ours, theirs = os.openpty()
    yield os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def test_the_named_door_is_opened(read: Read, terminal: str, tmp_path: Path) -> None:
    key = tmp_path / "osdp.key"
    key.write_text("8f3a1c5577e0a92bd4461e08b3f7c96a")
    key.chmod(0o600)
    port = "/dev/serial/by-path/pci-1"
    osdp = open_door(read(OSDP.replace(port, terminal).replace("osdp.key", str(key))).gate, 0.0)
    assert isinstance(osdp, OsdpDoor)
    osdp.close()
    for board in ("lcus", "kmtronic", "numato", "modbus"):
        text = RELAY.replace(port, terminal).replace("numato", board).replace("channel = 0", "channel = 1")
        relay = opener(read(text).gate)(0.0)
        assert isinstance(relay, RelayDoor)
        relay.close()


def test_a_missing_key_is_told_before_the_line_is_taken(read: Read, terminal: str) -> None:
    for text in (OSDP, CONTROLLER):
        gate = read(text.replace("/dev/serial/by-path/pci-1", terminal)).gate
        with pytest.raises(KeyUnfit, match=r"\.key"):
            open_door(gate, 0.0)


def test_a_missing_port_is_told(read: Read, tmp_path: Path) -> None:
    gate = read(RELAY.replace("/dev/serial/by-path/pci-1", str(tmp_path / "gone"))).gate
    with pytest.raises(PortClosed, match="check cable and path"):
        open_door(gate, 0.0)


SERIAL = '[reader]\nkind = "serial"\nport = "/dev/serial/by-path/pci-2"\n'
KEYS = '[reader]\nkind = "keys"\ndevice = "/dev/input/by-id/usb-reader-event-kbd"\n'


def test_a_document_reader_is_a_line_or_a_keyboard_or_none(read: Read) -> None:
    assert read(RELAY).reader is None
    serial = read(RELAY + SERIAL + "baud = 115200\n").reader
    assert isinstance(serial, SerialReader)
    assert (serial.baud, serial.silence_ends) == (115_200, False)
    keys = read(RELAY + KEYS + "silence_ends = true\n").reader
    assert isinstance(keys, KeysReader)
    assert (keys.device, keys.silence_ends) == ("/dev/input/by-id/usb-reader-event-kbd", True)


@pytest.mark.parametrize(
    ("reader", "why"),
    [
        (SERIAL.replace("/dev/serial/by-path/pci-2", "/dev/ttyUSB0"), r"/dev/ttyUSB0 can be another device"),
        (KEYS.replace("by-id/usb-reader-event-kbd", "event3"), r"event3 can be another .* link under /dev/input/by-id"),
        (SERIAL + "baud = 1200\n", r"reader\.serial\.baud"),
        (KEYS + "baud = 9600\n", r"reader\.keys\.baud: Extra"),
        (SERIAL.replace('serial"', 'camera"'), r"reader"),
        (SERIAL.split("port")[0], r"reader\.serial\.port: Field required"),
    ],
)
def test_an_unfit_document_reader_is_refused_in_words(read: Read, reader: str, why: str) -> None:
    with pytest.raises(SettingsUnfit, match=why):
        read(RELAY + reader)


def test_the_input_link_to_use_is_named(tmp_path: Path) -> None:
    link = tmp_path / "usb-reader-event-kbd"
    link.symlink_to("/dev/input/event7")
    with pytest.raises(ValueError, match=rf'set device = "{link}"'):
        settings.stable_input("/dev/input/event7", tmp_path)


@pytest.mark.parametrize("path", ["", "/dev/tty S0", "/dev/ttyS0\\n", "/dev/\\u0000", "/dev/ttyä", "/" + "x" * 200])
def test_a_line_that_is_no_path_is_refused(read: Read, path: str) -> None:
    with pytest.raises(SettingsUnfit, match=r"gate\.controller\.port: .*must be a path of 1 to 200 visible ASCII"):
        read(CONTROLLER.replace("/dev/serial/by-path/pci-1", path))


@pytest.mark.parametrize("name", ["", "-k", "a b", "a/b", "a\\nb", "ä", "x" * 81])
def test_a_device_whose_name_could_not_be_registered_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / "gate.toml"
    file.write_text(REST.replace('device = "k"', f'device = "{name}"') + "[gate]\n" + CONTROLLER)
    with pytest.raises(SettingsUnfit, match=r"device: String should match pattern"):
        settings.read(file, {})
