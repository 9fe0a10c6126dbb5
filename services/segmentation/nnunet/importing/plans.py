"""Judges plans.json and dataset.json: every name in them that would become code, and every size. Pure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from services.segmentation.nnunet.importing.architecture import check_network
from services.segmentation.nnunet.importing.refusals import refused
from services.segmentation.nnunet.importing.values import Checks, is_number, shown
from services.segmentation.nnunet.layout import SPACING_MM

_CT = "CTNormalization"
_OF_CT = frozenset({"mean", "std", "percentile_00_5", "percentile_99_5"})
"""What that takes of a channel's intensities."""

NORMALIZATIONS = frozenset(
    {
        _CT,
        "ZScoreNormalization",
        "NoNormalization",
        "RescaleTo01Normalization",
        "RGBTo01Normalization",
    }
)
RESAMPLINGS = frozenset({"resample_data_or_seg_to_shape", "resample_torch_fornnunet"})
_RESAMPLING_ARGUMENTS = frozenset(
    {
        *("is_seg", "order", "order_z", "force_separate_z", "separate_z_anisotropy_threshold"),
        *("num_threads", "memefficient_seg_resampling"),
    }
)
_MODES = frozenset({"mode", "aniso_axis_mode"})
_MODE_NAMES = frozenset({"linear", "bilinear", "trilinear", "nearest", "nearest-exact"})
READERS = frozenset({"SimpleITKIO", "NibabelIO", "NibabelIOWithReorient", "SimpleITKIOWithReorient"})
"""Readers of volumes. The others are for photographs and stacks of TIFF, which no pipeline here takes."""
MAX_SIDE, MAX_PATCH_VOXELS = 2048, 1 << 26
MAX_CHANNELS, MAX_LABELS, MAX_NAME_CHARACTERS = 16, 1000, 200
MAX_CONFIGURATIONS = 32
_MOST_PROBLEMS = 10


def check_plans(plans: Mapping[str, Any], dataset: Mapping[str, Any], wanted: Sequence[str]) -> None:
    """Raises ModelRefusedError PLANS_NOT_SERVED, naming what cannot be served and what can.

    wanted: the configurations that were trained.
    """
    checks = Checks()
    channels = _check_dataset(checks, dataset)
    checks.one_of("image_reader_writer", plans.get("image_reader_writer"), READERS)
    checks.one_of("label_manager", plans.get("label_manager", "LabelManager"), {"LabelManager"})
    _check_order(checks, plans)
    intensities = _check_intensities(checks, plans, channels)
    configurations = plans.get("configurations")
    if not isinstance(configurations, Mapping) or len(configurations) > MAX_CONFIGURATIONS:
        checks.say("configurations", "is no object of some configurations")
        configurations = {}
    for name in wanted:
        resolved = _resolved(checks, configurations, name)
        if resolved is not None:
            _check_configuration(checks, name, resolved, intensities)
            _check_cascade(checks, name, resolved, wanted)
    if checks.problems:
        more = len(checks.problems) - _MOST_PROBLEMS
        told = "; ".join(checks.problems[:_MOST_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
        raise refused(f"The model cannot be served as its plans are: {told}.", reason="PLANS_NOT_SERVED")


def _check_dataset(checks: Checks, dataset: Mapping[str, Any]) -> int:
    """Notes what is wrong with dataset.json; the number of channels."""
    channels = dataset.get("channel_names", dataset.get("modality"))
    if not isinstance(channels, Mapping) or not 1 <= len(channels) <= MAX_CHANNELS:
        checks.say("channel_names", f"must name 1 to {MAX_CHANNELS} channels")
        channels = {"0": ""}
    if set(channels) != {str(number) for number in range(len(channels))}:
        checks.say("channel_names", "must be numbered from 0")
    labels = dataset.get("labels")
    if not isinstance(labels, Mapping) or not 2 <= len(labels) <= MAX_LABELS:
        checks.say("labels", f"must name 2 to {MAX_LABELS} labels, background among them")
        labels = {}
    for text in (*channels.values(), *labels):
        if not isinstance(text, str) or len(text) > MAX_NAME_CHARACTERS or not text.isprintable():
            checks.say("a name in dataset.json", f"is {shown(text)}; it must be a line of text")
    for name, value in labels.items():
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(one, int) and 0 <= one <= MAX_LABELS for one in values) or not values:
            checks.say(f"label {shown(name)}", f"is {shown(value)}; it must be whole numbers")
    order = dataset.get("regions_class_order")
    plain = [value for name, value in labels.items() if name != "ignore" and isinstance(value, int)]
    if len(plain) == len(labels) - ("ignore" in labels) and sorted(plain) != list(range(len(plain))):
        # A network gives one answer for each; the voxels of a number left out would go by another's name.
        lacking = "" if 0 in plain else " (background, 0, is missing)"
        checks.say(
            "labels", f"are {shown(sorted(plain))}; they must be numbered from 0 without a gap{lacking}"
        )
    regions = any(isinstance(value, list) and len(value) > 1 for value in labels.values())
    if regions or order is not None:
        count = sum(1 for name, value in labels.items() if name != "ignore" and value not in (0, [0]))
        checks.wholes("regions_class_order", order if isinstance(order, list) else None, count, 0, MAX_LABELS)
    return len(channels)


def _check_order(checks: Checks, plans: Mapping[str, Any]) -> None:
    forward, backward = plans.get("transpose_forward"), plans.get("transpose_backward")
    # By what they look like, as True is 1, "1" is none, and a list of all kinds cannot be sorted.
    right = all(
        isinstance(one, list) and sorted(map(repr, one)) == ["0", "1", "2"] for one in (forward, backward)
    )
    if not right or [forward[axis] for axis in backward] != [0, 1, 2]:  # type: ignore[index, union-attr]
        checks.say(
            "transpose_forward and transpose_backward", "must be orders of 0, 1, 2 that undo each other"
        )


def _check_intensities(
    checks: Checks, plans: Mapping[str, Any], channels: int
) -> Sequence[Mapping[str, Any]]:
    """Notes what is wrong with the figures of intensities; those of each channel."""
    named = "foreground_intensity_properties_per_channel"
    found = plans.get(named, plans.get("foreground_intensity_properties_by_modality"))
    if not isinstance(found, Mapping) or len(found) > MAX_CHANNELS:
        checks.say(named, "is no object of channels")
        found = {}
    figures: list[Mapping[str, Any]] = []
    for number in range(channels):
        one = found.get(str(number))
        if not isinstance(one, Mapping) or not all(is_number(value) for value in one.values()):
            checks.say(named, f"has no numbers for channel {number}")
            one = {}
        figures.append(one)
    return figures


def _check_schemes(
    checks: Checks, path: str, schemes: object, intensities: Sequence[Mapping[str, Any]]
) -> None:
    """intensities: of each channel."""
    if not isinstance(schemes, list) or len(schemes) != len(intensities):
        checks.say(path, f"must name one for each of the {len(intensities)} channels")
        return
    for number, (scheme, figures) in enumerate(zip(schemes, intensities, strict=True)):
        lacking = sorted(_OF_CT - figures.keys())
        if checks.one_of(path, scheme, NORMALIZATIONS) and scheme == _CT and lacking:
            checks.say(path, f"is {_CT}, but the plans lack {', '.join(lacking)} of channel {number}")


def _resolved(checks: Checks, configurations: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """A configuration with what it inherits."""
    layers: list[Mapping[str, Any]] = []
    current: object = name
    while current is not None:
        found = configurations.get(current) if isinstance(current, str) else None
        if not isinstance(found, Mapping) or len(layers) > MAX_CONFIGURATIONS:
            what = f"has no {shown(current)} in the plans, or inherits for ever"
            checks.say(f"configuration {shown(name)}", what)
            return None
        layers.append(found)
        current = found.get("inherits_from")
    return {key: value for layer in reversed(layers) for key, value in layer.items()}


def _check_configuration(
    checks: Checks, name: str, found: Mapping[str, Any], intensities: Sequence[Mapping[str, Any]]
) -> None:
    channels = len(intensities)
    patch = found.get("patch_size")
    axes = len(patch) if isinstance(patch, list) else 0
    if axes not in (2, 3):
        checks.say(f"{name}.patch_size", f"is {shown(patch)}; it must have 2 or 3 sides")
    elif checks.wholes(f"{name}.patch_size", patch, axes, 1, MAX_SIDE):
        if math.prod(patch) > MAX_PATCH_VOXELS:  # type: ignore[arg-type]
            checks.say(f"{name}.patch_size", f"has more than {MAX_PATCH_VOXELS} voxels")
        checks.numbers(f"{name}.spacing", found.get("spacing"), axes, *SPACING_MM)
    checks.one_of(f"{name}.preprocessor_name", found.get("preprocessor_name"), {"DefaultPreprocessor"})
    schemes, masked = found.get("normalization_schemes"), found.get("use_mask_for_norm")
    _check_schemes(checks, f"{name}.normalization_schemes", schemes, intensities)
    if not isinstance(masked, list) or len(masked) != channels or set(map(type, masked)) - {bool}:
        checks.say(f"{name}.use_mask_for_norm", f"must be true or false for each of the {channels} channels")
    for what in ("data", "seg", "probabilities"):
        checks.one_of(f"{name}.resampling_fn_{what}", found.get(f"resampling_fn_{what}"), RESAMPLINGS)
        _check_resampling(checks, f"{name}.resampling_fn_{what}_kwargs", found)
    check_network(checks, name, found)


def _check_resampling(checks: Checks, path: str, found: Mapping[str, Any]) -> None:
    arguments = found.get(path.rpartition(".")[2])
    if isinstance(arguments, Mapping):
        for name in _MODES & arguments.keys():
            checks.one_of(f"{path}.{name}", arguments[name], _MODE_NAMES)
        arguments = {name: value for name, value in arguments.items() if name not in _MODES}
    checks.scalars(path, arguments, _RESAMPLING_ARGUMENTS)


def _check_cascade(checks: Checks, name: str, found: Mapping[str, Any], wanted: Sequence[str]) -> None:
    before = found.get("previous_stage")
    if before is not None and before not in wanted:
        checks.say(name, f"follows {shown(before)}, which is not there: send both trained folders")
