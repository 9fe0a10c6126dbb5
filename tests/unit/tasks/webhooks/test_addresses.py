"""Which IP addresses are inside, and what an operator allows, row by row."""

import pytest

from services.tasks.webhooks.addresses import is_internal, read_address
from services.tasks.webhooks.allowed import AllowList

INTERNAL = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%2",
    "fec0::1",
    "ff02::1",
]
PUBLIC = [
    "8.8.8.8",
    "172.15.255.255",
    "172.32.0.1",
    "100.128.0.1",
    "169.253.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2001:4860:4860::8888",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", INTERNAL)
def test_an_internal_address(address: str) -> None:
    assert is_internal(read_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address(address: str) -> None:
    assert not is_internal(read_address(address))


ALLOWED = [
    ("ris.example", "ris.example", 8443, "10.0.0.5"),
    ("ris.example:8443", "ris.example", 8443, "10.0.0.5"),
    ("RIS.Example", "ris.example", 80, "fd00::5"),
    ("10.0.0.0/8", "anything", 80, "10.200.0.5"),
    ("10.0.0.5", "anything", 80, "10.0.0.5"),
    ("10.0.0.5:8443", "anything", 8443, "10.0.0.5"),
    ("127.0.0.1", "localhost", 80, "::ffff:127.0.0.1"),
    ("fd00::/8", "anything", 80, "fd12::5"),
    ("[fd00::5]:8443", "anything", 8443, "fd00::5"),
    ("[fd00::5]", "anything", 80, "fd00::5"),
    (" 10.0.0.5 , ris.example ", "ris.example", 80, "192.168.0.1"),
    ("", "anything", 80, "8.8.8.8"),
]
NOT_ALLOWED = [
    ("", "anything", 80, "10.0.0.5"),
    ("ris.example", "other.example", 80, "10.0.0.5"),
    ("ris.example", "evil-ris.example", 80, "10.0.0.5"),
    ("ris.example:8443", "ris.example", 80, "10.0.0.5"),
    ("10.0.0.0/8", "anything", 80, "11.0.0.5.1"),
    ("10.0.0.0/8", "anything", 80, "127.0.0.1"),
    ("10.0.0.5:8443", "anything", 80, "10.0.0.5"),
    ("10.0.0.5:8443", "10.0.0.5", 8443, "10.0.0.6"),
]


@pytest.mark.parametrize(("entries", "host", "port", "address"), ALLOWED)
def test_allowed(entries: str, host: str, port: int, address: str) -> None:
    assert AllowList.parse(entries).permits(host, port, [address])


@pytest.mark.parametrize(("entries", "host", "port", "address"), NOT_ALLOWED)
def test_not_allowed(entries: str, host: str, port: int, address: str) -> None:
    assert not AllowList.parse(entries).permits(host, port, [address])


def test_one_internal_address_among_public_ones_is_enough_to_refuse() -> None:
    assert not AllowList().permits("ris.example", 80, ["8.8.8.8", "127.0.0.1"])
    assert not AllowList().permits("ris.example", 80, [])


@pytest.mark.parametrize(
    "entry", ["10.0.0.1/8", "10.0.0", "http://ris.example", "ris:0", "ris:70000", "*", "-"]
)
def test_an_entry_that_cannot_be_meant_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match=entry.replace("*", r"\*")):
        AllowList.parse(f"ris.example,{entry}")
