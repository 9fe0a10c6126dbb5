"""Plans may name any class and any size: only what nnU-Net's own have is served, and the rest is named."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from services.segmentation.nnunet.importing.plans import check_plans
from services.segmentation.nnunet.importing.refusals import ModelRefusedError
from services.segmentation.nnunet.importing.values import JsonRefused, read_object
from tests.support.nnunet.recipes import Recipe, dataset_of, plain_labels, plans_of

RECIPE = Recipe("3d_fullres", (32, 32, 32), (1.0, 1.0, 1.0), plain_labels(2))
Change = Callable[[dict[str, Any]], object]


def configuration(plans: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = plans["configurations"]["3d_fullres"]
    return found


def setting(path: str, value: object) -> Change:
    """Sets one value of the configuration, `a.b.c`."""

    def change(plans: dict[str, Any]) -> None:
        *above, last = path.split(".")
        where = configuration(plans)
        for name in above:
            where = where[name]
        where[last] = value

    return change


NETWORK, KEYWORDS = "architecture.network_class_name", "architecture.arch_kwargs"


@pytest.mark.parametrize(
    "change",
    [
        setting(NETWORK, "os.system"),
        setting(NETWORK, "dynamic_network_architectures.architectures.unet.AbstractThing"),
        setting(NETWORK, ["os.system"]),
        setting(NETWORK, None),
        setting(f"{KEYWORDS}.conv_op", "subprocess.Popen"),
        setting(f"{KEYWORDS}.nonlin", "os.system"),
        setting(f"{KEYWORDS}.norm_op", "builtins.eval"),
        setting(f"{KEYWORDS}.dropout_op", "torch.hub.load"),
        setting(f"{KEYWORDS}.extra", "builtins.exec"),
        setting(f"{KEYWORDS}.norm_op_kwargs", {"eps": "1", "process_group": 1}),
        setting("architecture._kw_requires_import", ["conv_op", "features_per_stage"]),
        setting("architecture._kw_requires_import", [["conv_op"]]),
        setting("architecture", "nothing"),
        setting(f"{KEYWORDS}.n_stages", 10**9),
        setting(f"{KEYWORDS}.n_stages", True),
        setting(f"{KEYWORDS}.features_per_stage", [10**6] * 3),
        setting(f"{KEYWORDS}.features_per_stage", [4, 8]),
        setting(f"{KEYWORDS}.kernel_sizes", [[10**4] * 3] * 3),
        setting(f"{KEYWORDS}.strides", [[0] * 3] * 3),
        setting(f"{KEYWORDS}.n_conv_per_stage", [10**6] * 3),
        setting("patch_size", [4096, 4096, 4096]),
        setting("patch_size", [2048, 2048, 2048]),
        setting("patch_size", [32]),
        setting("patch_size", "32"),
        setting("spacing", [1.0, -1.0, 1.0]),
        setting("spacing", [1.0, 1e-7, 1.0]),
        setting("spacing", [1e6, 1.0, 1.0]),
        setting("spacing", [1.0, float("inf"), 1.0]),
        setting("preprocessor_name", "MyPreprocessor"),
        setting("resampling_fn_data", "exec"),
        setting("resampling_fn_seg_kwargs", {"device": "cuda:99"}),
        setting("resampling_fn_probabilities_kwargs", {"order": "3"}),
        setting("normalization_schemes", ["MyNormalization"]),
        setting("normalization_schemes", []),
        setting("use_mask_for_norm", ["yes"]),
        setting("previous_stage", "3d_lowres"),
        setting("inherits_from", "3d_fullres"),
        setting("inherits_from", "none-such"),
        lambda plans: plans.update(transpose_forward=["0", "1", "2"], transpose_backward=["0", "1", "2"]),
        lambda plans: plans["foreground_intensity_properties_per_channel"]["0"].pop("percentile_00_5"),
        lambda plans: plans.update(image_reader_writer="MyReader"),
        lambda plans: plans.update(image_reader_writer="NaturalImage2DIO"),
        lambda plans: plans.update(label_manager="MyManager"),
        lambda plans: plans.update(transpose_forward=[0, 0, 1]),
        lambda plans: plans.update(transpose_forward=[1, 2, 0]),
        lambda plans: plans.update(configurations=[]),
        lambda plans: plans.pop("foreground_intensity_properties_per_channel"),
    ],
)
def test_what_would_become_code_or_fill_the_memory_is_refused(change: Change) -> None:
    plans = copy.deepcopy(plans_of(RECIPE))
    change(plans)
    with pytest.raises(ModelRefusedError) as caught:
        check_plans(plans, dataset_of(RECIPE), ["3d_fullres"])
    assert caught.value.reason == "PLANS_NOT_SERVED"


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel_names": {}},
        {"channel_names": {"1": "CT"}},
        {"channel_names": {str(one): "x" for one in range(99)}},
        {"labels": {}},
        {"labels": {"background": 0, "a": "1"}},
        {"labels": {"background": 0, "a": 10**9}},
        {"labels": {"background": 0, "a\x1b": 1}},
        {"labels": {"background": 0, "a" * 999: 1}},
        {"labels": {"background": 0, "a": [1, 2], "b": 2}},
        {"labels": {"background": 0, "a": 1, "b": 7}},
        {"labels": {"background": 0, "a": 1, "b": 1}},
    ],
)
def test_a_data_set_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ModelRefusedError):
        check_plans(plans_of(RECIPE), {**dataset_of(RECIPE), **wrong}, ["3d_fullres"])


@pytest.mark.parametrize("network", ["PlainConvUNet", "ResidualEncoderUNet"])
@pytest.mark.parametrize("resampling", ["resample_data_or_seg_to_shape", "resample_torch_fornnunet"])
def test_what_nnunet_plans_itself_is_served(network: str, resampling: str) -> None:
    recipe = Recipe(**{**vars(RECIPE), "network": network, "resampling": resampling})
    check_plans(plans_of(recipe), dataset_of(recipe), ["3d_fullres"])


def test_the_older_form_of_plans_is_judged_too() -> None:
    plans = copy.deepcopy(plans_of(RECIPE))
    old = configuration(plans)
    del old["architecture"]
    old |= {
        "UNet_class_name": "PlainConvUNet",
        "UNet_base_num_features": 32,
        "unet_max_num_features": 320,
        "n_conv_per_stage_encoder": [2, 2],
        "n_conv_per_stage_decoder": [2],
        "conv_kernel_sizes": [[3, 3, 3]] * 2,
        "pool_op_kernel_sizes": [[1, 1, 1], [2, 2, 2]],
    }
    check_plans(plans, dataset_of(RECIPE), ["3d_fullres"])
    old["UNet_class_name"] = "os.system"
    with pytest.raises(ModelRefusedError, match="PlainConvUNet"):
        check_plans(plans, dataset_of(RECIPE), ["3d_fullres"])


@pytest.mark.parametrize(
    "content", [b"", b"[1]", b"{", b'{"a": NaN}', b'{"a": ' + b"9" * 9999 + b"}", b"[" * 99999, b"\xff\xfe{"]
)
def test_what_is_no_object_of_json_is_refused(content: bytes) -> None:
    with pytest.raises(JsonRefused):
        read_object(content)


def test_labels_without_background_say_what_is_missing() -> None:
    with pytest.raises(ModelRefusedError, match=r"background, 0, is missing"):
        check_plans(plans_of(RECIPE), {**dataset_of(RECIPE), "labels": {"a": 1, "b": 2}}, ["3d_fullres"])
