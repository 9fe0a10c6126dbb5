"""What a made-up nnU-Net model looks like: a few numbers, from which plans.json and dataset.json follow."""

from dataclasses import dataclass
from typing import Any

Labels = dict[str, Any]

_KERNELS = {2: "Conv2d", 3: "Conv3d"}
_NORMS = {2: "InstanceNorm2d", 3: "InstanceNorm3d"}


def plain_labels(count: int) -> Labels:
    """Background and `count` further labels."""
    return {"background": 0} | {f"label {value}": value for value in range(1, count + 1)}


@dataclass(frozen=True)
class Recipe:
    """One configuration. patch, spacing: in the network's axis order. strides: of each stage after the first.

    normalisation: one scheme for each channel. convolutions: of each stage. trainings: how many folds.
    """

    configuration: str
    patch: tuple[int, ...]
    spacing: tuple[float, ...]
    labels: Labels
    channels: tuple[str, ...] = ("CT",)
    normalisation: tuple[str, ...] = ("CTNormalization",)
    masked_norm: bool = False
    features: tuple[int, ...] = (4, 8, 8)
    convolutions: int = 1
    strides: tuple[tuple[int, ...], ...] = ()
    transpose: tuple[int, int, int] = (0, 1, 2)
    regions_class_order: tuple[int, ...] = ()
    mirroring_axes: tuple[int, ...] | None = None
    trainings: int = 1
    previous_stage: str = ""
    trainer: str = "nnUNetTrainer"
    resampling: str = "resample_data_or_seg_to_shape"
    network: str = "PlainConvUNet"


def plans_of(*recipes: Recipe) -> dict[str, Any]:
    """One plans.json of all configurations."""
    first = recipes[0]
    intensities = {
        "max": 1500.0,
        "mean": 50.0,
        "median": 40.0,
        "min": -1000.0,
        "percentile_00_5": -900.0,
        "percentile_99_5": 900.0,
        "std": 300.0,
    }
    return {
        "dataset_name": "Dataset777_MadeUp",
        "plans_name": "nnUNetPlans",
        "original_median_spacing_after_transp": [1.0, 1.0, 1.0],
        "original_median_shape_after_transp": [32, 32, 32],
        "image_reader_writer": "SimpleITKIO",
        "transpose_forward": list(first.transpose),
        "transpose_backward": [first.transpose.index(axis) for axis in range(3)],
        "experiment_planner_used": "ExperimentPlanner",
        "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {
            str(channel): intensities for channel in range(len(first.channels))
        },
        "configurations": {recipe.configuration: _configuration(recipe, recipes) for recipe in recipes},
    }


def dataset_of(recipe: Recipe) -> dict[str, Any]:
    """The dataset.json of a model."""
    content: dict[str, Any] = {
        "channel_names": {str(index): name for index, name in enumerate(recipe.channels)},
        "labels": recipe.labels,
        "numTraining": 1,
        "file_ending": ".nii.gz",
    }
    if recipe.regions_class_order:
        content["regions_class_order"] = list(recipe.regions_class_order)
    return content


def _configuration(recipe: Recipe, recipes: tuple[Recipe, ...]) -> dict[str, Any]:
    kwargs: dict[str, Any] = {"is_seg": False, "order_z": 0, "force_separate_z": None}
    orders: dict[str, dict[str, Any]] = {"data": {"order": 3}, "probabilities": {"order": 1}}
    orders["seg"] = {"order": 1, "is_seg": True}
    if recipe.resampling == "resample_torch_fornnunet":
        kwargs = {"is_seg": False, "force_separate_z": False}
        orders = {"data": {}, "probabilities": {}, "seg": {"is_seg": True}}
    stages: dict[str, Any] = {}
    if recipe.previous_stage:
        stages["previous_stage"] = recipe.previous_stage
    following = [one.configuration for one in recipes if one.previous_stage == recipe.configuration]
    if following:
        stages["next_stage"] = following[0]
    return {
        "data_identifier": f"nnUNetPlans_{recipe.configuration}",
        "preprocessor_name": "DefaultPreprocessor",
        "batch_size": 2,
        "patch_size": list(recipe.patch),
        "median_image_size_in_voxels": [float(side) for side in recipe.patch],
        "spacing": list(recipe.spacing),
        "normalization_schemes": list(recipe.normalisation),
        "use_mask_for_norm": [recipe.masked_norm] * len(recipe.channels),
        "batch_dice": True,
        **{f"resampling_fn_{what}": recipe.resampling for what in orders},
        **{f"resampling_fn_{what}_kwargs": {**kwargs, **order} for what, order in orders.items()},
        "architecture": _architecture(recipe),
        **stages,
    }


def _architecture(recipe: Recipe) -> dict[str, Any]:
    stages, sides = len(recipe.features), len(recipe.patch)
    strides = recipe.strides or ((2,) * sides,) * (stages - 1)
    depth = "n_conv_per_stage" if recipe.network == "PlainConvUNet" else "n_blocks_per_stage"
    return {
        "network_class_name": f"dynamic_network_architectures.architectures.unet.{recipe.network}",
        "arch_kwargs": {
            "n_stages": stages,
            "features_per_stage": list(recipe.features),
            "conv_op": f"torch.nn.modules.conv.{_KERNELS[sides]}",
            "kernel_sizes": [[3] * sides] * stages,
            "strides": [[1] * sides, *map(list, strides)],
            depth: [recipe.convolutions] * stages,
            "n_conv_per_stage_decoder": [recipe.convolutions] * (stages - 1),
            "conv_bias": True,
            "norm_op": f"torch.nn.modules.instancenorm.{_NORMS[sides]}",
            "norm_op_kwargs": {"eps": 1e-05, "affine": True},
            "dropout_op": None,
            "dropout_op_kwargs": None,
            "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True},
        },
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
    }
