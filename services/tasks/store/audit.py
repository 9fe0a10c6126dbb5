"""What operators did: records that outlive the tasks they name."""

import base64
import binascii
from collections.abc import Sequence

from radmesh.errors import InvalidRequestError, Violation
from services.tasks.records import AuditRecord
from services.tasks.store import keys
from services.tasks.store.part import StorePart
from services.tasks.store.reading import to_time


class AuditPart(StorePart):
    """Audit records, numbered in the order in which they were begun."""

    async def begin_audit(self, principal: str, method: str, request: str) -> int:
        """Begins a record, whose outcome is UNFINISHED until its end; returns its number."""
        found: int = await self._scripts.call(
            "begin_audit", keys.AUDIT, self._now(), principal, method, request
        )
        return found

    async def end_audit(self, number: int, outcome: str, tasks: Sequence[str], *, changed: bool) -> None:
        """Completes a record. changed: whether the call changed anything; others are the first to go."""
        await self._scripts.call("end_audit", keys.AUDIT, number, outcome, int(changed), " ".join(tasks))

    async def forget_audit(self, number: int) -> None:
        """Takes a record back, of something that then was not done."""
        await self._scripts.call("end_audit", keys.AUDIT, number, "", 0, "")

    async def list_audit(self, page_size: int, page_token: str) -> tuple[list[AuditRecord], str]:
        """Returns a page of records, newest first, and the next page's token, empty on the last.

        Raises InvalidRequestError when the token cannot be read.
        """
        before = _read_token(page_token)
        found, more = await self._scripts.call("list_audit", keys.AUDIT, page_size, before)
        records = [_record(number, values) for number, values in zip(found[::2], found[1::2], strict=True)]
        token = base64.urlsafe_b64encode(str(records[-1].number).encode()).decode() if more else ""
        return records, token


def _record(number: bytes, values: Sequence[bytes]) -> AuditRecord:
    create_ms, principal, method, request, outcome, tasks = (value or b"" for value in values)
    return AuditRecord(
        number=int(number),
        create_time=to_time(create_ms),
        principal=principal.decode(),
        method=method.decode(),
        request=request.decode(),
        outcome=outcome.decode(),
        tasks=tuple(tasks.decode().split()),
    )


def _read_token(token: str) -> str:
    """The number of the last record of the page before; empty for the first page."""
    if not token:
        return ""
    try:
        return str(int(base64.b64decode(token, altchars=b"-_", validate=True).decode()))
    except (binascii.Error, ValueError) as error:
        raise InvalidRequestError(
            [Violation("page_token", "must be the next_page_token of the page before")]
        ) from error
