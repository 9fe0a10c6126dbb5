"""nnU-Net says nothing about its folders when it is imported for a prediction."""

import os
import subprocess
import sys

import pytest

NAMES = ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")


@pytest.mark.parametrize(
    "told", [{}, {"nnUNet_results": "/somewhere"}], ids=["nothing told", "one folder told"]
)
def test_importing_nnunet_prints_nothing_and_leaves_what_was_told(told: dict[str, str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in NAMES} | told
    code = (
        "import services.segmentation.nnunet, sys; from nnunetv2.paths import nnUNet_results\n"
        "sys.stderr.write(nnUNet_results)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    assert done.stderr == told.get("nnUNet_results", os.devnull)
