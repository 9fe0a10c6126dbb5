"""Finds the CT series among the files of an upload, and says what was left out."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from services.segmentation.ct.reading.dicom.header import Header
from services.segmentation.ct.reading.dicom.values import reconstruction
from services.segmentation.ct.reading.dicom.words import words_of
from services.segmentation.ct.reading.refusals import refused
from services.segmentation.ct.reading.wording import counted, joined


@dataclass(frozen=True)
class LeftOut:
    """Files of an upload that are not read. what: `localizer`, `series 4`, `MR`, `other file` and so on.

    Series that share a number are told apart as far as their headers do: `series 2, kernel B70f, 1 mm`.

    is_ct: whether they are a series that could have been read in the place of the one that was.
    """

    what: str
    files: int
    is_ct: bool = False


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


def choose_series(
    headers: Iterable[Header], foreign: int, is_axial: Callable[[Sequence[Header]], bool]
) -> Series:
    """The axial CT series with the most slices; of two with as many, the one with the lower number.

    A whole study often holds sagittal and coronal reformats of more slices than what they were made from:
    they are read only where nothing is axial. foreign: files that are not DICOM. is_axial: asked only where
    there are several series. Raises ImageFormatError: NOT_CT, STUDIES_MIXED, TOO_FEW_SLICES when there are
    only localizers.
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
    read = next((one for one in ranked if is_axial(one[1])), ranked[0]) if len(ranked) > 1 else ranked[0]
    if foreign:
        found.others["other file"] += foreign
    others: Counter[str] = Counter()
    names = Counter(_called(headers) for _, headers in ranked)
    for key, left in ranked:
        if key != read[0]:
            name = _called(left)
            others[f"{name}{_told_apart(left[0])}" if names[name] > 1 else name] += len(left)
    left_out = [LeftOut(what, files) for what, files in sorted(found.others.items())]
    left_out += [LeftOut(what, files, is_ct=True) for what, files in sorted(others.items())]
    return Series(tuple(read[1]), tuple(left_out))


def _key(header: Header) -> tuple[str, str]:
    """Study, and series; its number where an anonymiser has emptied the UID."""
    values = header.values
    return values.text("StudyInstanceUID"), values.text("SeriesInstanceUID") or values.text("SeriesNumber")


def _slices(headers: Sequence[Header]) -> int:
    return sum(header.frames for header in headers)


def _number(headers: Sequence[Header]) -> float:
    numbers = [header.values.whole("SeriesNumber") for header in headers]
    # The least: not that of whichever file came first.
    return min((number for number in numbers if number is not None), default=float("inf"))


def _called(headers: Sequence[Header]) -> str:
    number = headers[0].values.whole("SeriesNumber")
    return "another series" if number is None else f"series {number}"


def _told_apart(header: Header) -> str:
    values = header.values
    return reconstruction(words_of(values, "ConvolutionKernel"), values.number("SliceThickness"))


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
