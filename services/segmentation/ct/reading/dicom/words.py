"""Words of a header that a result shows, such as a contrast agent: in their own characters, and none else."""

from pydicom.charset import convert_encodings, decode_bytes

from services.segmentation.ct.reading.dicom.quietly import quietly
from services.segmentation.ct.reading.dicom.values import Values
from services.segmentation.hostile import PARSER_FAULTS

LONGEST = 64
"""Characters of a word, which is as long as values of VR LO and SH may be (PS3.5 section 6.2)."""

_CHARACTERS = "SpecificCharacterSet"
_DELIMITERS = {ord("\\")}
"""After which the characters are those of the first set again (PS3.5 section 6.1.2.5.3)."""


def words_of(values: Values, keyword: str) -> str:
    """The element in the characters that its data set says; "" when it is absent or empty."""
    value = values.elements.get(keyword, b"").strip(b" \0")
    if not value:
        return ""
    if value.isascii() and b"\x1b" not in value:
        return cleaned(value.decode("ascii"))
    with quietly():
        try:
            text = decode_bytes(value, convert_encodings(list(values.texts(_CHARACTERS))), _DELIMITERS)
        except PARSER_FAULTS:
            text = value.decode("latin-1")
    return cleaned(text)


def cleaned(text: str) -> str:
    """What of a text can be printed in one line, at most LONGEST characters: nothing steers a terminal."""
    parts = ("".join(letter for letter in part if letter.isprintable()).strip() for part in text.split("\\"))
    return "\\".join(parts)[:LONGEST].strip()
