"""A receiver can tell a call of Radmesh from any other."""

import hashlib
import hmac

import pytest

from radmesh import webhooks
from radmesh.errors import SignatureError

SECRET = "a secret of the ward"
BODY = b'{"taskId":"4f","data":null,"error":null}'
NOW = 1_800_000_000


def signed(*secrets: str, body: bytes = BODY, timestamp: int = NOW) -> dict[str, str]:
    return webhooks.headers(secrets or (SECRET,), body, "4f", timestamp)


def test_the_signature_is_what_the_page_says() -> None:
    """Any language can make it: HMAC-SHA256 over timestamp, dot, body."""
    expected = hmac.new(SECRET.encode(), f"{NOW}.".encode() + BODY, hashlib.sha256).hexdigest()
    assert signed()["Radmesh-Signature"] == f"v1={expected}"
    assert signed()["Radmesh-Timestamp"] == str(NOW)


def test_a_call_of_ours_is_accepted_however_its_headers_are_spelled() -> None:
    webhooks.verify(SECRET, signed(), BODY, now=NOW)
    webhooks.verify(SECRET, {name.upper(): value for name, value in signed().items()}, BODY, now=NOW + 299)
    webhooks.verify(SECRET, signed(timestamp=NOW), BODY, tolerance=10, now=NOW - 9)


def test_either_secret_is_accepted_while_they_change() -> None:
    headers = signed("the new secret", SECRET)
    webhooks.verify(SECRET, headers, BODY, now=NOW)
    webhooks.verify("the new secret", headers, BODY, now=NOW)


@pytest.mark.parametrize(
    ("headers", "body", "now"),
    [
        (signed("another secret"), BODY, NOW),
        (signed(), BODY + b" ", NOW),
        (signed(), b"", NOW),
        (signed(), BODY, NOW + 301),
        (signed(), BODY, NOW - 301),
        ({**signed(), "Radmesh-Timestamp": str(NOW + 1)}, BODY, NOW),
        ({**signed(), "Radmesh-Timestamp": "soon"}, BODY, NOW),
        ({**signed(), "Radmesh-Timestamp": "9" * 5000}, BODY, NOW),
        ({**signed(), "Radmesh-Timestamp": "１８０００００００"}, BODY, NOW),
        ({**signed(), "Radmesh-Signature": ""}, BODY, NOW),
        ({**signed(), "Radmesh-Signature": "v1="}, BODY, NOW),
        ({**signed(), "Radmesh-Signature": "v1=ü"}, BODY, NOW),
        ({**signed(), "Radmesh-Signature": signed()["Radmesh-Signature"].replace("v1", "v0")}, BODY, NOW),
        ({"Radmesh-Timestamp": str(NOW)}, BODY, NOW),
        ({}, BODY, NOW),
    ],
)
def test_any_other_call_is_refused(headers: dict[str, str], body: bytes, now: int) -> None:
    with pytest.raises(SignatureError):
        webhooks.verify(SECRET, headers, body, now=now)
