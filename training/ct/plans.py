"""What nnU-Net's planner would have written, written by hand: the networks that two cores can train."""

from typing import Any

from training.ct.inputs import PITCH_MM, Network

CONFIGURATION = "2d"
BATCH = 8


def plans_of(network: Network) -> dict[str, Any]:
    """The plans file of a network, read by the stock trainer and predictor alike."""
    stages = len(network.features)
    low, high = network.window
    intensities = {
        "max": 3071.0,
        "mean": (low + high) / 2,
        "median": (low + high) / 2,
        "min": -1024.0,
        "percentile_00_5": low,
        "percentile_99_5": high,
        "std": (high - low) / 4,
    }
    pitch = [PITCH_MM, PITCH_MM]
    return {
        "dataset_name": network.dataset,
        "plans_name": "nnUNetPlans",
        "original_median_spacing_after_transp": [1.0, *pitch],
        "original_median_shape_after_transp": [1, *network.patch],
        "image_reader_writer": "SimpleITKIO",
        "transpose_forward": [0, 1, 2],
        "transpose_backward": [0, 1, 2],
        "experiment_planner_used": "ExperimentPlanner",
        "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {
            str(channel): intensities for channel in range(len(network.channels))
        },
        "configurations": {
            CONFIGURATION: {
                "data_identifier": "nnUNetPlans_2d",
                "preprocessor_name": "DefaultPreprocessor",
                "batch_size": BATCH,
                "patch_size": list(network.patch),
                "median_image_size_in_voxels": [float(side) for side in network.patch],
                "spacing": pitch,
                "normalization_schemes": ["CTNormalization"] * len(network.channels),
                "use_mask_for_norm": [False] * len(network.channels),
                "batch_dice": True,
                **_resampling(),
                "architecture": _architecture(network, stages),
            }
        },
    }


def dataset_of(network: Network, cases: int) -> dict[str, Any]:
    """The dataset.json of a network."""
    return {
        "channel_names": {str(index): name for index, name in enumerate(network.channels)},
        "labels": network.labels,
        "numTraining": cases,
        "file_ending": ".nii.gz",
    }


def _resampling() -> dict[str, Any]:
    function = "resample_data_or_seg_to_shape"
    separate: dict[str, Any] = {"order_z": 0, "force_separate_z": None}
    return {
        "resampling_fn_data": function,
        "resampling_fn_seg": function,
        "resampling_fn_data_kwargs": {"is_seg": False, "order": 3, **separate},
        "resampling_fn_seg_kwargs": {"is_seg": True, "order": 1, **separate},
        "resampling_fn_probabilities": function,
        "resampling_fn_probabilities_kwargs": {"is_seg": False, "order": 1, **separate},
    }


def _architecture(network: Network, stages: int) -> dict[str, Any]:
    return {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": {
            "n_stages": stages,
            "features_per_stage": list(network.features),
            "conv_op": "torch.nn.modules.conv.Conv2d",
            "kernel_sizes": [[3, 3]] * stages,
            "strides": [[1, 1]] + [[2, 2]] * (stages - 1),
            "n_conv_per_stage": [2] * stages,
            "n_conv_per_stage_decoder": [2] * (stages - 1),
            "conv_bias": True,
            "norm_op": "torch.nn.modules.instancenorm.InstanceNorm2d",
            "norm_op_kwargs": {"eps": 1e-05, "affine": True},
            "dropout_op": None,
            "dropout_op_kwargs": None,
            "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True},
        },
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
    }
