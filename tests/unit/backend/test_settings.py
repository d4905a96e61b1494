from pathlib import Path

import pytest
from pydantic import ValidationError

from backend import settings as service
from edge import settings as appliance
from edge.errors import SettingsUnfit

GATE = """device = "k"
camera = "clip:x.mp4"
journal_dir = "j"
[service]
address = "localhost:1"
identity = "i"
[gate]
kind = "controller"
port = "tty"
key = "gate.key"
id = 7
"""


def test_unknown_service_settings_refuse_to_start_and_name_them_all(tmp_path: Path) -> None:
    file = tmp_path / "tvs.toml"
    file.write_text('state_dir = "s"\nphotos_dir = "p"\nspeed = 3\n[rules]\nattempt = 2\nfpir = 7.0\n')
    with pytest.raises(ValidationError) as refused:
        service.read(file, {})
    assert {".".join(map(str, e["loc"])) for e in refused.value.errors()} == {"speed", "rules.attempt", "rules.fpir"}


def test_unknown_appliance_settings_refuse_to_start_and_name_them_all(tmp_path: Path) -> None:
    file = tmp_path / "gate.toml"
    file.write_text("colour = 1\n" + GATE + "size = 3\n")
    with pytest.raises(SettingsUnfit, match=r"(?s)gate\.controller\.size: Extra.*got 3.*colour: Extra"):
        appliance.read(file, {})


def test_the_environment_wins_and_is_checked_too(tmp_path: Path) -> None:
    file = tmp_path / "gate.toml"
    file.write_text(GATE)
    assert appliance.read(file, {"LIMEN_GATE__SERVICE__DEADLINE_S": "0.5"}).service.deadline_s == 0.5
    with pytest.raises(SettingsUnfit, match=r"service\.deadline: Extra"):
        appliance.read(file, {"LIMEN_GATE__SERVICE__DEADLINE": "1"})


def test_liveness_is_enforced_unless_somebody_says_otherwise() -> None:
    assert service.Rules().liveness_enforced


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsUnfit, match=r"gone\.toml"):
        appliance.read(tmp_path / "gone.toml", {})
