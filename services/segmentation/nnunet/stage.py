"""One configuration of a served model, as nnU-Net's own managers understand it."""

from dataclasses import dataclass
from typing import Any

from nnunetv2.utilities.label_handling.label_handling import LabelManager, determine_num_input_channels
from nnunetv2.utilities.plans_handling.plans_handler import ConfigurationManager, PlansManager

from services.chassis.models import BrokenModelError
from services.segmentation.nnunet.layout import SPACING_MM, TrainedConfiguration
from services.segmentation.nnunet.manifest import NnunetManifest
from services.segmentation.nnunet.refusals import UnsupportedModelError

RESAMPLING = ("resample_data_or_seg_to_shape", "resample_torch_fornnunet")
NORMALISATIONS = (
    "CTNormalization",
    "NoNormalization",
    "RGBTo01Normalization",
    "RescaleTo01Normalization",
    "ZScoreNormalization",
)
PREPROCESSOR = "DefaultPreprocessor"
LABEL_MANAGER = "LabelManager"


@dataclass(frozen=True)
class Stage:
    """A configuration ready for use. inputs: channels of the network, those of the stage before included."""

    trained: TrainedConfiguration
    plans: PlansManager
    configuration: ConfigurationManager
    labels: LabelManager
    dataset: dict[str, Any]
    inputs: int

    @property
    def name(self) -> str:
        """Such as `3d_fullres`."""
        return self.trained.name

    @property
    def heads(self) -> int:
        """How many logits the network gives for a voxel: labels with background, or regions."""
        return int(self.labels.num_segmentation_heads)

    @property
    def patch(self) -> tuple[int, ...]:
        """Voxels of a tile: two sides, or three."""
        return tuple(map(int, self.configuration.patch_size))


def stage_of(manifest: NnunetManifest, name: str) -> Stage:
    """A configuration of a served model. Raises UnsupportedModelError.

    Whatever plans name is looked up by nnU-Net among its modules, and called: only what it ships for that is
    let through.
    """
    plans, dataset = dict(manifest.plans), dict(manifest.dataset)
    try:
        _only("label_manager", plans.get("label_manager", LABEL_MANAGER), (LABEL_MANAGER,))
        manager = PlansManager(plans)
        configuration = manager.get_configuration(name)
        content = configuration.configuration
        least, most = SPACING_MM
        if not all(least <= side <= most for side in configuration.spacing):
            raise ValueError(f"its spacing is not from {least:g} to {most:g} mm")
        _only("preprocessor_name", content["preprocessor_name"], (PREPROCESSOR,))
        for what in ("data", "seg", "probabilities"):
            _only(f"resampling_fn_{what}", content[f"resampling_fn_{what}"], RESAMPLING)
        for scheme in content["normalization_schemes"]:
            _only("normalization_schemes", scheme, NORMALISATIONS)
        labels = manager.get_label_manager(dataset)
        inputs = int(determine_num_input_channels(manager, configuration, dataset))
    except (
        AssertionError,
        AttributeError,
        IndexError,
        KeyError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        raise UnsupportedModelError(
            f"the plans of {manifest.model.name} cannot be used for {name}: {type(error).__name__} {error}"
        ) from error
    return Stage(manifest.configurations[name], manager, configuration, labels, dataset, inputs)


def _only(what: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UnsupportedModelError(
            f"{what} is {str(value)[:100]!r} in the plans; what can be served is {' and '.join(known)}"
        )


def stages_of(manifest: NnunetManifest) -> tuple[Stage, ...]:
    """The stages that lead to a model's mask: of a cascade its first one first, else just one.

    Raises BrokenModelError when a stage of a cascade is missing, UnsupportedModelError.
    """
    stages: list[Stage] = []
    name: str | None = manifest.configuration
    while name:
        if name not in manifest.configurations or name in [stage.name for stage in stages]:
            raise BrokenModelError(
                f"{manifest.model.name} lacks {name}, the stage before {stages[0].name}: import both folders"
            )
        stages.insert(0, stage_of(manifest, name))
        name = stages[0].configuration.previous_stage_name
    return tuple(stages)
