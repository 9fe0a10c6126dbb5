"""From stored values to Hounsfield units in int16, exactly where that is possible. Pure."""

import numpy as np

_LOW, _HIGH = -32768, 32767


def to_hounsfield(values: np.ndarray, slope: float, intercept: float, out: np.ndarray) -> None:
    """Fills `out`, int16, with slope times value plus intercept, rounded to whole units.

    values: integers or finite floats of the same shape. What int16 cannot hold is cut at its ends: metal
    beyond 32,767 HU.
    """
    if slope == 1 and float(intercept).is_integer() and values.dtype.kind in "iu" and values.size:
        shift = int(intercept)
        low, high = _range(values)
        if low + shift >= _LOW and high + shift <= _HIGH and abs(shift) <= _HIGH:
            # Wraps around in between and ends right, in one pass without a wider copy.
            np.add(_as_int16(values), np.int16(shift), out=out)
            return
    wide = values * np.float64(slope)
    wide += intercept
    np.rint(wide, out=wide)
    np.clip(wide, _LOW, _HIGH, out=wide)
    np.copyto(out, wide, casting="unsafe")


def stored_values(raw: np.ndarray, bits_stored: int, high_bit: int) -> np.ndarray:
    """The values in the stored bits of raw integers; what lies in the other bits is no part of them.

    raw: 8 or 16 bits, signed as the pixels are. Older scanners kept overlays in the bits above.
    """
    bits = raw.dtype.itemsize * 8
    if bits_stored == bits:
        return raw
    cleaned: np.ndarray = np.left_shift(raw, bits - 1 - high_bit)
    cleaned >>= bits - bits_stored
    return cleaned


def _range(values: np.ndarray) -> tuple[int, int]:
    return int(values.min()), int(values.max())


def _as_int16(values: np.ndarray) -> np.ndarray:
    same: np.ndarray = (
        values.view(np.int16) if values.dtype == np.uint16 else values.astype(np.int16, copy=False)
    )
    return same
