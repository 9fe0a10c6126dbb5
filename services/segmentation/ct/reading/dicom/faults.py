"""What keeps slices from being part of a volume: told of all that have it, not of whichever came first."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from radmesh.errors import ImageFormatError
from services.segmentation.ct.reading.wording import SliceName, listed, named


@dataclass(frozen=True)
class Fault:
    """has: what follows `Instance 4 has`, such as `no usable pixel spacing (0028,0030)`. advice: what to do.

    lacks: the same after `None of the 68 slices has`; "" of what is no lack.
    """

    reason: str
    has: str
    advice: str
    lacks: str = ""


class SliceFault(ImageFormatError):
    """One slice that cannot be used."""

    def __init__(self, name: SliceName, fault: Fault) -> None:
        super().__init__(
            f"{_begun(str(name))} has {fault.has}. {fault.advice}",
            reason=fault.reason,
            metadata={"slices": str(name.number)},
        )
        self.name = name
        self.fault = fault


class Faults:
    """Those of the slices of one series, while they are gone through."""

    def __init__(self) -> None:
        self._found: list[SliceFault] = []
        self._slices = 0

    @contextmanager
    def of_slice(self) -> Iterator[None]:
        """Within it one slice is made; its fault is kept."""
        self._slices += 1
        try:
            yield
        except SliceFault as fault:
            self._found.append(fault)

    def check(self) -> None:
        """Raises ImageFormatError where there are any: the fault that most slices have."""
        if not self._found:
            return
        parts: dict[Fault, list[SliceFault]] = {}
        for one in self._found:
            parts.setdefault(one.fault, []).append(one)
        fault, having = max(parts.items(), key=lambda part: (len(part[1]), part[0].has))
        if len(having) == 1:
            raise having[0]
        slices = listed(sorted(one.name.number for one in having))
        raise ImageFormatError(
            f"{self._said(fault, [one.name for one in having])}. {fault.advice}",
            reason=fault.reason,
            metadata={} if slices is None else {"slices": slices},
        )

    def _said(self, fault: Fault, names: list[SliceName]) -> str:
        if len(names) == self._slices:
            if fault.lacks:
                return f"None of the {self._slices} slices has {fault.lacks}"
            return f"All {self._slices} slices have {fault.has}"
        if len(set(names)) < len(names):
            return f"{len(names)} of {self._slices} slices have {fault.has}"
        return f"{_begun(named(_sorted(names)))} have {fault.has}"


def _sorted(names: Iterable[SliceName]) -> list[SliceName]:
    """By noun: files arrive in any order."""
    return sorted(names, key=lambda name: (name.noun, name.number))


def _begun(text: str) -> str:
    return text[0].upper() + text[1:]
