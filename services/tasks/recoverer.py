"""Looks for stuck tasks again and again. Every replica does; none leads."""

import asyncio
import random

from radmesh.errors import UnavailableError
from services.chassis import logs
from services.tasks.recovery import Recovery

_LOG = logs.logger(__name__)


async def look_for_stuck_tasks(
    recovery: Recovery, *, interval_seconds: float, max_runtime_seconds: float, act: bool
) -> None:
    """Looks at once and then every interval, for ever; jittered, so that replicas spread.

    act: whether the plain cases are put back, and not only counted.
    """
    while True:
        try:
            await recovery.recover_plain_cases(round(max_runtime_seconds * 1000), act=act)
        except UnavailableError as error:
            _LOG.info("look for stuck tasks put off", problem=error.message)
        await asyncio.sleep(interval_seconds * random.uniform(0.8, 1.0))
