"""Which addresses a callback may have, row by row."""

import pytest

from radmesh.errors import CallbackRefusedError
from services.tasks.webhooks.allowed import AllowList
from services.tasks.webhooks.policy import CallbackPolicy
from services.tasks.webhooks.urls import MAX_CHARACTERS, read_url

READ = [
    ("https://ris.example/ended", "https://ris.example:443", "ris.example", "/ended"),
    ("http://ris.example", "http://ris.example:80", "ris.example", "/"),
    ("HTTPS://RIS.Example:8443?token=a%20b", "https://ris.example:8443", "ris.example:8443", "/?token=a%20b"),
    ("https://ris.example.:443/a@b:c/?x=//y", "https://ris.example:443", "ris.example", "/a@b:c/?x=//y"),
    ("http://[2606:4700::0001]:80/", "http://[2606:4700::1]:80", "[2606:4700::1]", "/"),
    ("http://8.8.8.8./", "http://8.8.8.8:80", "8.8.8.8", "/"),
    ("http://3com.ris9/", "http://3com.ris9:80", "3com.ris9", "/"),
    ("http://my_host-1:1/", "http://my_host-1:1", "my_host-1:1", "/"),
]

REFUSED = [
    "ftp://ris.example/",
    "file:///etc/passwd",
    "gopher://ris.example:70/",
    "javascript:alert(1)",
    "//ris.example/",
    "ris.example/ended",
    "https:/ris.example",
    "https:ris.example",
    "https://",
    "https:///ended",
    "https://:443/",
    "https://.example/",
    "https://ris..example/",
    "https://user:secret@ris.example/",
    "https://user@ris.example/",
    "https://@ris.example/",
    "https://ris.example@127.0.0.1/",
    "https://ris.example#@127.0.0.1/",
    "https://ris.example/#part",
    "https://ris.example\\@127.0.0.1/",
    "https://ris.example/\r\nX-Injected: 1",
    "https://ris.example/a b",
    "https://ris.example/\t",
    "https://ris.example/\x00",
    " https://ris.example/",
    "https://ris.example/ü",
    "https://rïs.example/",
    "https://ris。example/",
    "https://ris.example:/",
    "https://ris.example:0/",
    "https://ris.example:65536/",
    "https://ris.example:-1/",
    "https://ris.example:8o/",
    "https://ris%2eexample/",
    "https://[::1/",
    "https://[fe80::1%25eth0]/",
    "https://[1.2.3.4]/",
    "https://ris.example;x/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.0.0.0x1/",
    "http://1.2.3.4.5/",
    "http://256.0.0.1/",
    "http://ris.example.0x/",
    "https://ris.example/" + "a" * MAX_CHARACTERS,
]


@pytest.mark.parametrize(("url", "destination", "authority", "target"), READ)
def test_an_address_is_read(url: str, destination: str, authority: str, target: str) -> None:
    found = read_url(url)
    assert (found.destination, found.authority, found.target) == (destination, authority, target)


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(CallbackRefusedError) as refused:
        read_url(url)
    assert "ris.example" not in refused.value.message


def test_what_is_known_at_the_create_is_told_there() -> None:
    policy = CallbackPolicy(AllowList.parse("10.1.0.0/16, localhost:8080"), configured=True)
    assert policy.check("") is None
    for good in ("https://ris.example/", "http://10.1.2.3/", "https://8.8.8.8/", "http://localhost:8080/"):
        assert policy.check(good)
    for bad in (
        *("http://127.0.0.1/", "http://10.2.0.1/", "http://[::1]/", "http://169.254.169.254/meta"),
        *("http://localhost/", "http://LOCALHOST.:80/", "http://ris.localhost/"),
    ):
        with pytest.raises(CallbackRefusedError, match="internal"):
            policy.check(bad)


def test_without_a_secret_no_callback_is_taken() -> None:
    policy = CallbackPolicy(AllowList(), configured=False)
    assert policy.check("") is None
    with pytest.raises(CallbackRefusedError, match="not set up"):
        policy.check("https://ris.example/")
