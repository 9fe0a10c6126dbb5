"""Whether a task may carry a callback: told at its create, as far as that is known then. Pure."""

from ipaddress import ip_address

from radmesh.errors import CallbackRefusedError
from services.tasks.webhooks.allowed import AllowList
from services.tasks.webhooks.urls import CallbackTarget, read_url


class CallbackPolicy:
    """What this replica's operator has set up."""

    def __init__(self, allowed: AllowList, *, configured: bool) -> None:
        self._allowed = allowed
        self._configured = configured

    def check(self, url: str) -> CallbackTarget | None:
        """The target of a callback; None for no callback. Raises CallbackRefusedError.

        A name is not resolved here: what counts is the address that it has when the call is made.
        """
        if not url:
            return None
        target = read_url(url)
        if not self._configured:
            raise CallbackRefusedError(
                "Callbacks are not set up: they would go out unsigned. An operator sets "
                "RADMESH_TASKS_WEBHOOK_SECRET."
            )
        address = _address(target.host)
        if address and not self._allowed.permits(target.host, target.port, [address]):
            raise CallbackRefusedError(
                "callback_url leads to an internal address. An operator can allow it with "
                "RADMESH_TASKS_WEBHOOK_ALLOW."
            )
        return target


def _address(host: str) -> str:
    """The address that a host is known to have without asking; "" for none."""
    # RFC 6761, 6.3: always loopback.
    if host == "localhost" or host.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ip_address(host))
    except ValueError:
        return ""
