"""What the doctor finds, with what to do about it."""

import socket
from pathlib import Path

import pytest

from radmesh.cli import checks
from radmesh.cli.checks import Level
from radmesh.cli.doctor import _mesh
from radmesh.mesh.ports import ReservedPort
from tests.support.redis_process import RedisProcess


def test_the_embedded_redis_is_really_started() -> None:
    assert checks.redis(None).level is Level.OK


def test_a_redis_that_is_away_names_the_setting() -> None:
    finding = checks.redis("redis://127.0.0.1:1/0")
    assert finding.level is Level.FAIL
    assert "RADMESH_TASKS_REDIS_URL" in finding.advice


def test_a_redis_that_is_set_as_it_must_be_is_good(tmp_path: Path) -> None:
    redis = RedisProcess(tmp_path / "redis")
    redis.start()
    try:
        assert checks.redis(redis.url).level is Level.OK
        with socket.create_connection(("127.0.0.1", redis.port), timeout=5) as connection:
            connection.sendall(b"CONFIG SET maxmemory-policy allkeys-lru\r\n")
            assert connection.recv(16).startswith(b"+OK")
        finding = checks.redis(redis.url)
        assert finding.level is Level.FAIL
        assert "maxmemory-policy is allkeys-lru" in finding.found
    finally:
        redis.kill()


def test_a_url_that_cannot_be_read_is_told_without_its_password() -> None:
    finding = checks.redis("redis+sentinel://user:secret@")
    assert finding.level is Level.FAIL
    assert "secret" not in finding.found


def test_a_model_with_missing_weights_fails_by_name(tmp_path: Path) -> None:
    (tmp_path / "octa-vessels").mkdir()
    manifest = Path(__file__).parents[3] / "models" / "octa-vessels" / "model.toml"
    (tmp_path / "octa-vessels" / "model.toml").write_bytes(manifest.read_bytes())
    (finding,) = checks.models(tmp_path)
    assert (finding.check, finding.level) == ("models/octa-vessels", Level.FAIL)
    assert "official.safetensors" in finding.found


def test_a_folder_without_models_is_a_warning(tmp_path: Path) -> None:
    (finding,) = checks.models(tmp_path)
    assert finding.level is Level.WARN


@pytest.mark.parametrize(
    ("free", "level"), [(500_000_000, Level.FAIL), (2_000_000_000, Level.WARN), (9_000_000_000, Level.OK)]
)
def test_free_space_is_judged(
    free: int, level: Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": free}))
    assert checks.disk(tmp_path / "not" / "made" / "yet").level is level


def test_a_port_is_free_taken_or_ours() -> None:
    reserved = ReservedPort()
    assert checks.port(reserved.number, radmesh_answers=False).level is Level.OK
    assert checks.port(reserved.number, radmesh_answers=True).found == "Radmesh answers"
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert checks.port(other.getsockname()[1], radmesh_answers=False).level is Level.FAIL
    reserved.release()


async def test_an_absent_mesh_is_a_warning_that_says_how_to_start_one() -> None:
    (finding,) = await _mesh("127.0.0.1:1")
    assert finding.level is Level.WARN
    assert "radmesh up" in finding.advice
