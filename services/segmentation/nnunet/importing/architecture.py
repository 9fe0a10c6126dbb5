"""Judges the network that plans ask for: they name Python classes, and sizes beyond any memory. Pure."""

from collections.abc import Mapping
from typing import Any

from services.segmentation.nnunet.importing.values import Checks, shown

_UNETS = "dynamic_network_architectures.architectures.unet"
_BLOCKS = "dynamic_network_architectures.building_blocks.residual"
NETWORKS = frozenset(
    {
        f"{_UNETS}.PlainConvUNet",
        f"{_UNETS}.ResidualEncoderUNet",
        f"{_UNETS}.ResidualUNet",
        # Where nnU-Net looked for it before; it still finds it.
        "dynamic_network_architectures.architectures.residual_unet.ResidualEncoderUNet",
    }
)
_ACTIVATIONS = ("LeakyReLU", "ReLU", "GELU", "ELU", "SiLU", "PReLU", "Mish")
CLASSES: Mapping[str, frozenset[str | None]] = {
    "conv_op": frozenset(f"torch.nn.modules.conv.Conv{n}d" for n in (2, 3)),
    "norm_op": frozenset(
        [
            None,
            *(f"torch.nn.modules.instancenorm.InstanceNorm{n}d" for n in (2, 3)),
            *(f"torch.nn.modules.batchnorm.BatchNorm{n}d" for n in (2, 3)),
        ]
    ),
    "dropout_op": frozenset([None, *(f"torch.nn.modules.dropout.Dropout{n}d" for n in (2, 3))]),
    "nonlin": frozenset(
        f"torch.nn.{module}{name}" for name in _ACTIVATIONS for module in ("", "modules.activation.")
    ),
    "block": frozenset({f"{_BLOCKS}.BasicBlockD", f"{_BLOCKS}.BottleneckD"}),
}
"""What each keyword may name."""
MAX_STAGES, MAX_FEATURES, MAX_CONVOLUTIONS = 12, 4096, 24
_OLD_UNETS = ("PlainConvUNet", "ResidualEncoderUNet")
_ARGUMENTS = {
    "norm_op_kwargs": ("eps", "affine", "momentum", "track_running_stats"),
    "dropout_op_kwargs": ("p", "inplace"),
    "nonlin_kwargs": ("inplace", "negative_slope", "alpha", "num_parameters", "init"),
}
_SIZES = {
    "features_per_stage": (MAX_FEATURES, 1),
    "kernel_sizes": (15, 2),
    "strides": (16, 2),
    "n_conv_per_stage": (MAX_CONVOLUTIONS, 1),
    "n_blocks_per_stage": (MAX_CONVOLUTIONS, 1),
}
"""For each stage: the largest number, and how deep lists may lie."""
_FLAGS = ("conv_bias", "deep_supervision", "nonlin_first")


def check_network(checks: Checks, path: str, configuration: Mapping[str, Any]) -> None:
    """Notes what is wrong with the network of a configuration, in today's form of plans or the older one."""
    if "architecture" not in configuration:
        _check_old(checks, path, configuration)
        return
    architecture = configuration["architecture"]
    if not isinstance(architecture, Mapping):
        checks.say(f"{path}.architecture", "is no object")
        return
    checks.one_of(f"{path}.network_class_name", architecture.get("network_class_name"), NETWORKS)
    keywords = architecture.get("arch_kwargs")
    imported = architecture.get("_kw_requires_import")
    if not isinstance(imported, list) or not all(isinstance(one, str) and one in CLASSES for one in imported):
        checks.say(f"{path}._kw_requires_import", f"is {shown(imported)}; it may name {', '.join(CLASSES)}")
    if not isinstance(keywords, Mapping):
        checks.say(f"{path}.arch_kwargs", "is no object")
        return
    if checks.whole(f"{path}.n_stages", keywords.get("n_stages"), 1, MAX_STAGES):
        _check_keywords(checks, path, keywords, keywords["n_stages"])


def _check_keywords(checks: Checks, path: str, keywords: Mapping[str, Any], stages: int) -> None:
    for name, value in keywords.items():
        at = f"{path}.{shown(name)}"
        if name in CLASSES:
            checks.one_of(at, value, CLASSES[name])
        elif name in _ARGUMENTS:
            checks.scalars(at, value, _ARGUMENTS[name])
        elif name in _SIZES:
            most, depth = _SIZES[name]
            checks.wholes(at, value, stages, 1, most, depth=depth)
        elif name == "n_conv_per_stage_decoder":
            checks.wholes(at, value, stages - 1, 1, MAX_CONVOLUTIONS)
        elif name in _FLAGS:
            if not isinstance(value, bool):
                checks.say(at, f"is {shown(value)}; it must be true or false")
        elif name != "n_stages" and value is not None:
            checks.say(at, "is a part that no served network has")


def _check_old(checks: Checks, path: str, configuration: Mapping[str, Any]) -> None:
    checks.one_of(f"{path}.UNet_class_name", configuration.get("UNet_class_name"), _OLD_UNETS)
    encoder = configuration.get("n_conv_per_stage_encoder")
    if not isinstance(encoder, list) or not 1 <= len(encoder) <= MAX_STAGES:
        checks.say(f"{path}.n_conv_per_stage_encoder", f"must be a list of 1 to {MAX_STAGES} numbers")
        return
    stages = len(encoder)
    checks.wholes(f"{path}.n_conv_per_stage_encoder", encoder, stages, 1, MAX_CONVOLUTIONS)
    decoder = configuration.get("n_conv_per_stage_decoder")
    checks.wholes(f"{path}.n_conv_per_stage_decoder", decoder, stages - 1, 1, MAX_CONVOLUTIONS)
    for name in ("UNet_base_num_features", "unet_max_num_features"):
        checks.whole(f"{path}.{name}", configuration.get(name), 1, MAX_FEATURES)
    checks.wholes(f"{path}.conv_kernel_sizes", configuration.get("conv_kernel_sizes"), stages, 1, 15, depth=2)
    strides = configuration.get("pool_op_kernel_sizes")
    checks.wholes(f"{path}.pool_op_kernel_sizes", strides, stages, 1, 16, depth=2)
