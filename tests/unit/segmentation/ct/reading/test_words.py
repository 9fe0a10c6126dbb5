"""What a header says in words is kept in its own characters, and nothing that steers what shows it."""

import pytest
from pydicom.dataset import Dataset

from services.segmentation.ct.reading import CtImage, open_ct
from services.segmentation.ct.reading.dicom.quietly import quietly
from tests.support.ct.encoding import file_bytes
from tests.support.ct.enhanced import enhanced_ct
from tests.support.ct.reading import LIMITS
from tests.support.ct.series import ct_series, hu_volume

HU = hu_volume(4)


def with_agent(character_set: str | list[str] | None, agent: str, kernel: str = "Br38f") -> CtImage:
    with quietly():
        slices = ct_series(HU, ContrastBolusAgent=agent, ConvolutionKernel=kernel)
        for one in slices:
            if character_set:
                one.SpecificCharacterSet = character_set
        files = [file_bytes(one) for one in slices]
    return open_ct(files, LIMITS)


@pytest.mark.parametrize(
    ("character_set", "agent"),
    [
        ("ISO_IR 192", "Jodhaltiges Kontrastmittel für Körper"),
        ("ISO_IR 100", "Kontrastmittel für Körper"),
        ("ISO_IR 144", "Йод"),
        ("GB18030", "碘海醇"),
        (["", "ISO 2022 IR 87"], "ヨード"),
        (None, "Iohexol 350"),
    ],
)
def test_words_are_read_in_the_characters_that_they_are_written_in(
    character_set: str | list[str] | None, agent: str
) -> None:
    assert with_agent(character_set, agent).making.contrast == agent


def test_what_cannot_be_printed_is_left_out_and_what_is_too_long_is_cut() -> None:
    making = with_agent("ISO_IR 192", "Io\u202ehe\x1b[31mxol\x85\n", "\x1b[2JB30f\x9b" + "x" * 99).making
    assert making.contrast == "Iohe[31mxol"
    assert making.kernel == ("[2JB30f" + "x" * 99)[:64]


@pytest.mark.parametrize("character_set", [b"", b"ISO_IR 192", b"ISO_IR 999", b"rot13", b"\\\\\\", b"hex"])
def test_words_in_other_characters_than_is_said_do_no_harm(character_set: bytes) -> None:
    """Bytes of Latin 1, under the name of another set or of none."""
    files = []
    for one in ct_series(HU, ContrastBolusAgent="K?rper", SpecificCharacterSet="ISO_IR 100"):
        content = file_bytes(one).replace(b"ISO_IR 100", character_set.ljust(10))
        files.append(content.replace(b"K?rper", b"K\xf6rp\x9br"))
    found = open_ct(files, LIMITS).making.contrast
    assert found.startswith("K")
    assert found.isprintable()


def test_the_words_of_an_enhanced_file_are_cleaned_the_same() -> None:
    whole = enhanced_ct(ct_series(HU))
    whole.SpecificCharacterSet = "ISO_IR 192"
    shared = whole.SharedFunctionalGroupsSequence[0]
    item = Dataset()
    item.ConvolutionKernel = "Qr\x1b36"
    shared.CTReconstructionSequence = [item]
    usage = Dataset()
    usage.ContrastBolusAgentAdministered = "YES"
    shared.ContrastBolusUsageSequence = [usage]
    agent = Dataset()
    agent.CodeMeaning = "Jod für Körper\u202e"
    whole.ContrastBolusAgentSequence = [agent]
    for frame in whole.PerFrameFunctionalGroupsSequence:
        for keyword in ("CTReconstructionSequence", "ContrastBolusUsageSequence"):
            if keyword in frame:
                delattr(frame, keyword)
    making = open_ct([file_bytes(whole)], LIMITS).making
    assert (making.kernel, making.contrast) == ("Qr36", "Jod für Körper")
