"""Opens what a test wrote, and checks what every refusal must be."""

from collections.abc import Sequence

import pytest
from pydicom.dataset import Dataset

from radmesh.errors import ImageFormatError, RadmeshError
from services.segmentation.ct.reading import CtImage, CtLimits, open_ct
from tests.support.ct.encoding import file_bytes
from tests.support.ct.series import NAME

LIMITS = CtLimits()


def opened(slices: Sequence[Dataset], limits: CtLimits = LIMITS) -> CtImage:
    """The CT of these slices as files, in this order."""
    return open_ct([file_bytes(one) for one in slices], limits)


def refusal(content: bytes | Sequence[bytes] | Sequence[Dataset], limits: CtLimits = LIMITS) -> RadmeshError:
    """The error with which a CT is refused, when it is opened or when its slices are read.

    Whatever it is, it is a whole sentence that says what to do, and names no patient.
    """
    if not isinstance(content, bytes):
        content = [one if isinstance(one, bytes) else file_bytes(one) for one in content]
    with pytest.raises(RadmeshError) as caught:
        for _ in open_ct(content, limits).each():
            pass
    error = caught.value
    assert isinstance(error, ImageFormatError) or error.numeric_code == 10001
    assert not error.message[0].islower()
    assert error.message.endswith(".")
    assert "Send" in error.message or "Convert" in error.message or "Pack" in error.message
    told = error.message + " ".join(error.metadata.values())
    assert not any(secret in told for secret in (*NAME.split("^"), "4711", "1.2.826"))
    return error
