"""A test's server finds its port free however often it starts, and leaves it to others at its end."""

import gc
import socket
from pathlib import Path

import pytest

from tests.support.redis_process import RedisProcess


def test_nobody_takes_the_port_of_a_server_that_is_down(tmp_path: Path) -> None:
    redis = RedisProcess(tmp_path / "redis")
    for _ in range(2):
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", redis.port))
        redis.start()
        redis.kill()
    port = redis.port
    del redis
    gc.collect()
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "redis").write_text("a file where its folder belongs")
    with pytest.raises(RuntimeError, match=r"exit code 1: (?s:.*)FileExistsError"):
        RedisProcess(tmp_path / "redis").start()
