"""Programs of Debian's that tests call."""

import os
import shutil

import pytest


def debian_tool(name: str, package: str) -> str:
    """Its path. Without it the test is skipped, but fails where .ci/run should have installed it."""
    found = shutil.which(name)
    if found is None and os.environ.get("CI"):
        pytest.fail(f"{name} is missing: .ci/run installs Debian's package {package}")
    if found is None:
        pytest.skip(f"{name} is missing; on Debian: apt-get install {package}")
    return found
