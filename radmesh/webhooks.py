"""Webhooks at the receiver: whether a call that says how a task ended really comes from Radmesh.

    from radmesh import webhooks

    webhooks.verify(secret, request.headers, request.body)  # raises SignatureError
    ended = json.loads(request.body)

The signature is an HMAC-SHA256 with the shared secret over the timestamp, a dot and the body as it came.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence

from radmesh.errors import SignatureError

ID_HEADER = "Radmesh-Webhook-Id"
TIMESTAMP_HEADER = "Radmesh-Timestamp"
SIGNATURE_HEADER = "Radmesh-Signature"
TOLERANCE_SECONDS = 300.0
_VERSION = "v1="


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The signature of a body. timestamp: seconds since the epoch."""
    return hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()


def headers(
    secrets: Sequence[str], body: bytes, webhook_id: str, timestamp: int | None = None
) -> dict[str, str]:
    """The headers of a call: one signature by each secret. timestamp: now when None."""
    moment = int(time.time()) if timestamp is None else timestamp
    return {
        "Content-Type": "application/json",
        "User-Agent": "radmesh-webhooks/1",
        ID_HEADER: webhook_id,
        TIMESTAMP_HEADER: str(moment),
        SIGNATURE_HEADER: ",".join(_VERSION + sign(secret, moment, body) for secret in secrets),
    }


def verify(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    tolerance: float = TOLERANCE_SECONDS,
    *,
    now: float | None = None,
) -> None:
    """Raises SignatureError unless the call was signed with this secret within the last `tolerance` seconds.

    headers: as the server has them; their names' case does not matter. body: the bytes as they came, before
    anything parsed them. A call may come more than once: keep the ids (`Radmesh-Webhook-Id`, which is the
    body's `taskId`) that were dealt with.
    """
    given = {name.lower(): value for name, value in headers.items()}
    timestamp = given.get(TIMESTAMP_HEADER.lower(), "")
    signatures = given.get(SIGNATURE_HEADER.lower(), "")
    # At most ten digits: no number that a clock could not mean, however long a text is sent.
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 10) or not signatures:
        raise SignatureError("The call carries no signature of Radmesh.")
    expected = (_VERSION + sign(secret, int(timestamp), body)).encode()
    # All are compared, so that the time taken does not tell which one was right.
    matches = [
        hmac.compare_digest(expected, one.strip().encode("ascii", "replace")) for one in signatures.split(",")
    ]
    if not any(matches):
        raise SignatureError("The signature is not made with this secret, or the body was changed.")
    if abs((time.time() if now is None else now) - int(timestamp)) > tolerance:
        raise SignatureError("The signature is too old, or the clocks differ.")
