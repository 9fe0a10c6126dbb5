"""Addresses are read strictly, and only loopback is open without being asked for."""

import pytest

from radmesh.errors import FailedPreconditionError
from services.chassis.listening import Address, parse_address, permitted_address


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("127.0.0.1:50051", Address("127.0.0.1", 50051)),
        ("localhost:0", Address("localhost", 0)),
        ("[::1]:80", Address("::1", 80)),
        ("gateway.example:65535", Address("gateway.example", 65535)),
    ],
)
def test_an_address_is_read_and_written(value: str, address: Address) -> None:
    assert parse_address(value) == address
    assert str(address) == value


@pytest.mark.parametrize(
    "value", ["", "127.0.0.1", ":50051", "host:", "host:x", "host:70000", "host:-1", "host:²"]
)
def test_a_broken_address_is_refused(value: str) -> None:
    with pytest.raises(FailedPreconditionError, match="host:port"):
        parse_address(value)


@pytest.mark.parametrize("value", ["127.0.0.1:1", "127.8.8.8:1", "localhost:1", "[::1]:1"])
def test_loopback_is_open(value: str) -> None:
    assert permitted_address(value, allow_insecure=False)


@pytest.mark.parametrize(
    "value", ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "gateway:1", "localhost.evil.example:1"]
)
def test_anything_else_is_open_only_when_asked_for(value: str) -> None:
    with pytest.raises(FailedPreconditionError) as caught:
        permitted_address(value, allow_insecure=False)
    assert caught.value.reason == "INSECURE_LISTEN"
    assert permitted_address(value, allow_insecure=True)
