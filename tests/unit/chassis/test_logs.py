"""What a log line carries, and what it never does."""

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import structlog

from radmesh.errors import UnavailableError
from services.chassis import logs, tracing
from services.chassis.settings import ServiceSettings

PATIENT = "DOE^JOHN"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Gives the root logger back to pytest."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_json_with_service_time_level_task_and_trace(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("gateway", ServiceSettings())
    with tracing.within("00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"), logs.about_task("f" * 32):
        logs.logger("services.gateway.x").info("lease lost", attempt=2, folder=Path("/srv"), kind=UUID(int=1))
    [line] = lines(capsys)
    assert line.pop("time")
    assert line == {
        "attempt": 2,
        "event": "lease lost",
        "folder": "/srv",
        "kind": str(UUID(int=1)),
        "level": "info",
        "logger": "services.gateway.x",
        "service": "gateway",
        "task": "f" * 32,
        "trace_id": "ab" * 16,
    }


@pytest.mark.parametrize(
    "key",
    [
        "patient",
        "patient_name",
        "PatientID",
        "PatientBirthDate",
        "birth_date",
        "OtherPatientIDs",
        "file_name",
    ],
)
def test_a_field_that_names_a_person_is_dropped_at_any_depth(
    capsys: pytest.CaptureFixture[str], key: str
) -> None:
    logs.configure("gateway", ServiceSettings())
    log = logs.logger("x")
    log.info("seen", **{key: PATIENT})
    log.info("seen", header={key: PATIENT, "rows": 3}, all=[{key: PATIENT}], pair=({key: PATIENT},))
    log.bind(**{key: PATIENT}).info("seen")
    told = capsys.readouterr().err
    assert PATIENT not in told
    assert '"rows": 3' in told


def test_an_exception_is_told_by_type_and_place_not_by_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("gateway", ServiceSettings())
    for log in (logs.logger("ours"), logging.getLogger("a.library")):
        try:
            try:
                raise KeyError(PATIENT)
            except KeyError as error:
                raise ValueError(PATIENT) from error
        except ValueError:
            log.exception("broke")
    told = capsys.readouterr().err
    assert PATIENT not in told
    for line in map(json.loads, told.splitlines()):
        assert (line["error"], line["cause"]) == ("ValueError", "KeyError")
        assert "test_logs.py" in line["frames"][-1]


def test_an_error_of_ours_is_told_by_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("gateway", ServiceSettings())
    logs.logger("x").error("gone", exc_info=UnavailableError("Redis is away.", reason="STORE_UNAVAILABLE"))
    assert lines(capsys)[0]["reason"] == "STORE_UNAVAILABLE"


def test_an_object_is_never_printed_by_its_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    class Study:
        def __repr__(self) -> str:
            return PATIENT

    logs.configure("gateway", ServiceSettings())
    logs.logger("x").info("seen", study=Study(), raw=PATIENT.encode())
    assert lines(capsys)[0]["study"] == "<Study>"


def test_levels_and_both_kinds_of_logger_are_filtered_alike(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("gateway", ServiceSettings(log_level="warning"))
    for log in (logs.logger("ours"), logging.getLogger("a.library")):
        log.info("quiet")
        log.warning("loud")
    assert [line["event"] for line in lines(capsys)] == ["loud", "loud"]


def test_configuring_again_replaces_the_outputs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    logs.configure("gateway", ServiceSettings(log_file=tmp_path / "a.log"))
    logs.configure("gateway", ServiceSettings())
    logs.logger("x").info("once")
    assert len(lines(capsys)) == 1
    assert (tmp_path / "a.log").read_text() == ""
    assert sys.stderr
