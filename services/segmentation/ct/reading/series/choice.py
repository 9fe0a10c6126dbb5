"""Finds the CT series among the files of an upload, and says what was left out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.segmentation.ct.reading.dicom.header import Header
from services.segmentation.ct.reading.refusals import refused
from services.segmentation.ct.reading.wording import counted, joined


@dataclass(frozen=True)
class LeftOut:
    """Files of an upload that are not read. what: `localizer`, `series 4`, `MR`, `other file` and so on."""

    what: str
    files: int


@dataclass(frozen=True)
class Series:
    """The files of the series that is read, localizers left out."""

    headers: tuple[Header, ...]
    left_out: tuple[LeftOut, ...]


@dataclass
class _Sorted:
    """What the files are, while they are gone through."""

    series: dict[tuple[str, str], list[Header]] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)


def choose_series(headers: Iterable[Header], foreign: int) -> Series:
    """The CT series with the most slices; of two with as many, the one with the lower number.

    foreign: files that are not DICOM. Raises ImageFormatError: NOT_CT, STUDIES_MIXED, TOO_FEW_SLICES when
    there are only localizers.
    """
    found = _Sorted()
    for header in headers:
        if not header.is_ct:
            found.others[header.kind] += 1
        elif header.is_localizer:
            found.others["localizer"] += 1
        else:
            found.series.setdefault(_key(header), []).append(header)
    if not found.series:
        raise _nothing_to_read(found.others)
    studies = len({study for study, _ in found.series})
    if studies > 1:
        raise refused(
            f"The upload holds CT series of {studies} studies. Send one study at a time.",
            reason="STUDIES_MIXED",
            studies=studies,
        )
    ranked = sorted(found.series.items(), key=lambda item: (-_slices(item[1]), _number(item[1]), item[0]))
    for _, left in ranked[1:]:
        found.others[_called(left)] += len(left)
    if foreign:
        found.others["other file"] += foreign
    left_out = tuple(LeftOut(what, files) for what, files in sorted(found.others.items()))
    return Series(tuple(ranked[0][1]), left_out)


def _key(header: Header) -> tuple[str, str]:
    """Study, and series; its number where an anonymiser has emptied the UID."""
    values = header.values
    return values.text("StudyInstanceUID"), values.text("SeriesInstanceUID") or values.text("SeriesNumber")


def _slices(headers: Sequence[Header]) -> int:
    return sum(header.frames for header in headers)


def _number(headers: Sequence[Header]) -> float:
    number = headers[0].values.whole("SeriesNumber")
    return float("inf") if number is None else number


def _called(headers: Sequence[Header]) -> str:
    number = headers[0].values.whole("SeriesNumber")
    return "another series" if number is None else f"series {number}"


def _nothing_to_read(others: Counter[str]) -> Exception:
    localizers = others.pop("localizer", 0)
    if localizers:
        return refused(
            f"The upload holds {counted(localizers, 'localizer')} but no axial slice. Send the axial series.",
            reason="TOO_FEW_SLICES",
            slices=0,
        )
    what = joined([f"{kind} ({counted(number, 'file')})" for kind, number in sorted(others.items())])
    return refused(
        f"The upload is not a CT: it holds {what}. Send the files of one CT series.", reason="NOT_CT"
    )
