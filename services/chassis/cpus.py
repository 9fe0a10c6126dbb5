"""How many CPUs this process may really use, so that a model does not start more threads than that."""

import math
import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def available_cpus(quota: Path = _QUOTA) -> int:
    """CPUs that the scheduler's affinity and the container's quota leave, at least 1.

    quota: the `cpu.max` of cgroup v2: microseconds of CPU time in a period, or `max`, and the period.
    """
    allowed = len(os.sched_getaffinity(0))
    try:
        microseconds, period = quota.read_text().split()
        if microseconds != "max":
            allowed = min(allowed, math.ceil(int(microseconds) / int(period)))
    except (OSError, ValueError):
        # No cgroup v2, or none of ours: the affinity stands.
        return allowed
    return max(1, allowed)
