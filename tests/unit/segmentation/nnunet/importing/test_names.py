"""Labels get codes that are right or none; the trainers served are those that leave the network alone."""

import pytest
from pydicom.sr._concepts_dict import concepts

from services.segmentation.nnunet.importing import terminology
from services.segmentation.nnunet.importing.trainers import SERVED
from services.segmentation.nnunet.layout import Label
from services.segmentation.nnunet.trainers import _shipped, network_builder

# One-sided structures and a few more that no context group of DICOM lists.
NOT_IN_DICOM = {"18639004", "9846003", "44029006", "3341006", "15926001", "59820001"}
OWN_WORDS = {"59820001", "108369006"}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("liver", "10200004"),
        ("Liver", "10200004"),
        ("left_kidney", "18639004"),
        ("kidney_right", "9846003"),
        ("Kidney (R)", "9846003"),
        ("lung-left", "44029006"),
        ("left atrium", "82471001"),
        ("vertebrae_L3", "36470004"),
        ("L3", "36470004"),
        ("tumour", "108369006"),
        ("gall_bladder", "28231008"),
        ("left_femur", ""),
        ("liver_tumor", ""),
        ("label 7", ""),
        ("", ""),
    ],
)
def test_a_known_name_gets_its_code_and_another_none(name: str, code: str) -> None:
    found = terminology.coded(Label(3, name))
    assert (found.value, found.name, found.code) == (3, name, code)
    assert bool(found.meaning) == bool(found.scheme) == bool(code)


def test_each_code_is_the_one_that_dicom_gives_to_that_name() -> None:
    known: dict[str, dict[str, tuple[str, object]]] = concepts["SCT"]  # type: ignore[assignment]
    dicom = {code: meaning for entry in known.values() for code, (meaning, _) in entry.items()}
    for code, meaning in terminology._CODES.values():
        if code in NOT_IN_DICOM:
            continue
        stems = [word[:4] for word in meaning.lower().split() if word not in ("gland", "urinary", "cardiac")]
        named = all(stem in dicom[code].lower() for stem in stems)
        assert code in OWN_WORDS or named, (code, meaning, dicom[code])


def test_synonyms_stand_for_names_that_there_are() -> None:
    assert set(terminology._SYNONYMS.values()) <= terminology._CODES.keys()


def test_the_trainers_served_are_all_that_leave_the_network_to_the_plans() -> None:
    alone = {name for name in {*_shipped(), "nnUNetTrainer"} if network_builder(name) is None}
    assert alone == SERVED
