import json
from collections.abc import Iterator

import pytest
import structlog

from backend.logs import configure


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_a_line_is_for_people_or_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    structlog.get_logger().info("gate.opened", gate="G 1", open_s=2)
    line = capsys.readouterr().err
    assert line.startswith("timestamp=")
    assert line.endswith('level=info event=gate.opened gate="G 1" open_s=2\n')
    configure("json")
    structlog.get_logger().info("gate.opened", gate="G 1", open_s=2)
    told = json.loads(capsys.readouterr().err)
    assert {**told, "timestamp": ""} == {
        "event": "gate.opened",
        "gate": "G 1",
        "open_s": 2,
        "level": "info",
        "timestamp": "",
    }


def test_a_failure_is_told_with_where_but_not_with_what_it_worked_on(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json")
    canary = "QUETZALCOATLUS"
    try:
        raise ValueError(f"{len(canary)} letters")
    except ValueError:
        structlog.get_logger().error("rpc.failed", exc_info=True)
    line = capsys.readouterr().err
    assert "test_logs.py" in line
    assert canary not in line
