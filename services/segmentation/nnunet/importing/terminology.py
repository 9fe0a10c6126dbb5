"""Codes of SNOMED CT for names that people give to labels. Pure; an unknown name stays without a code.

Structures of the body and findings that are segmented most; each code is that of the concept named beside it.
A name with a side gets the code of the one-sided structure or none: the organ's own would lose the side.
"""

import re
from dataclasses import replace

from services.segmentation.nnunet.layout import Label

SCHEME = "SCT"

_CODES: dict[str, tuple[str, str]] = {
    "liver": ("10200004", "Liver"),
    "spleen": ("78961009", "Spleen"),
    "pancreas": ("15776009", "Pancreas"),
    "kidney": ("64033007", "Kidney"),
    "kidney left": ("18639004", "Left kidney"),
    "kidney right": ("9846003", "Right kidney"),
    "gallbladder": ("28231008", "Gallbladder"),
    "stomach": ("69695003", "Stomach"),
    "duodenum": ("38848004", "Duodenum"),
    "colon": ("71854001", "Colon"),
    "small bowel": ("30315005", "Small intestine"),
    "esophagus": ("32849002", "Esophagus"),
    "urinary bladder": ("89837001", "Urinary bladder"),
    "prostate": ("41216001", "Prostate"),
    "uterus": ("35039007", "Uterus"),
    "adrenal gland": ("23451007", "Adrenal gland"),
    "thyroid gland": ("69748006", "Thyroid gland"),
    "aorta": ("15825003", "Aorta"),
    "inferior vena cava": ("64131007", "Inferior vena cava"),
    "portal vein": ("32764006", "Portal vein"),
    "heart": ("80891009", "Heart"),
    "left ventricle": ("87878005", "Left cardiac ventricle"),
    "right ventricle": ("53085002", "Right cardiac ventricle"),
    "left atrium": ("82471001", "Left atrium"),
    "right atrium": ("73829009", "Right atrium"),
    "lung": ("39607008", "Lung"),
    "lung left": ("44029006", "Left lung"),
    "lung right": ("3341006", "Right lung"),
    "trachea": ("44567001", "Trachea"),
    "brain": ("12738006", "Brain"),
    "brainstem": ("15926001", "Brainstem"),
    "hippocampus": ("5366008", "Hippocampus"),
    "spinal cord": ("2748008", "Spinal cord"),
    "spine": ("421060004", "Vertebral column"),
    "vertebra": ("51282000", "Vertebra"),
    **{
        f"vertebra l{n}": (code, meaning)
        for n, code, meaning in (
            (1, "66794005", "L1 vertebra"),
            (2, "14293000", "L2 vertebra"),
            (3, "36470004", "L3 vertebra"),
            (4, "11994002", "L4 vertebra"),
            (5, "49668003", "L5 vertebra"),
        )
    },
    "sacrum": ("54735007", "Sacrum"),
    "rib": ("113197003", "Rib"),
    "sternum": ("56873002", "Sternum"),
    "femur": ("71341001", "Femur"),
    "bone": ("272673000", "Bone structure"),
    "skeletal muscle": ("127954009", "Skeletal muscle"),
    "skin": ("39937001", "Skin"),
    "blood vessel": ("59820001", "Blood vessel"),
    "lymph node": ("59441001", "Lymph node"),
    "mandible": ("91609006", "Mandible"),
    "tooth": ("38199008", "Tooth"),
    "retina": ("5665001", "Retina"),
    "tumor": ("108369006", "Neoplasm"),
    "cyst": ("367643001", "Cyst"),
    "edema": ("79654002", "Edema"),
}
_SYNONYMS = {
    "tumour": "tumor",
    "neoplasm": "tumor",
    "cancer": "tumor",
    "oedema": "edema",
    "bladder": "urinary bladder",
    "oesophagus": "esophagus",
    "small intestine": "small bowel",
    "large intestine": "colon",
    "thyroid": "thyroid gland",
    "vena cava inferior": "inferior vena cava",
    "postcava": "inferior vena cava",
    "ivc": "inferior vena cava",
    "gall bladder": "gallbladder",
    "vertebrae": "vertebra",
    "vertebral column": "spine",
    "vessel": "blood vessel",
    "vessels": "blood vessel",
    "muscle": "skeletal muscle",
    "lungs": "lung",
    "kidneys": "kidney",
    "ribs": "rib",
    "teeth": "tooth",
    **{f"l{n}": f"vertebra l{n}" for n in range(1, 6)},
    **{f"vertebrae l{n}": f"vertebra l{n}" for n in range(1, 6)},
}
_SIDES = {"left": "left", "right": "right", "l": "left", "r": "right", "lt": "left", "rt": "right"}


def coded(label: Label) -> Label:
    """The label with its code, where its name is one that is known."""
    words = re.sub(r"[^a-z0-9]+", " ", label.name.lower()).split()
    for spelled in _spellings(words):
        found = _CODES.get(_SYNONYMS.get(spelled, spelled))
        if found is not None:
            return replace(label, scheme=SCHEME, code=found[0], meaning=found[1])
    return label


def _spellings(words: list[str]) -> list[str]:
    """The name as it is; and with its side last, as the table has it."""
    plain = " ".join(words)
    for place in (0, -1):
        if len(words) > 1 and words[place] in _SIDES:
            rest = words[1:] if place == 0 else words[:-1]
            name = " ".join(rest)
            return [plain, f"{_SYNONYMS.get(name, name)} {_SIDES[words[place]]}"]
    return [plain]
