"""Weights of any spelling and layout load, and one that does not fit says every reason at once."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from services.segmentation.octa.layout import BLOCKS, ConvLayout, UNetLayout, symmetric_layout
from services.segmentation.octa.spelling import unwrapped
from services.segmentation.octa.unet import UNet
from services.segmentation.octa.weights import WeightsError, load_weights, network_from_state

State = dict[str, torch.Tensor]

SMALL = symmetric_layout((2, 3, 4, 5), (6, 5))


def trained(layout: UNetLayout = SMALL) -> UNet:
    torch.manual_seed(7)
    network = UNet(layout)
    for name, buffer in network.named_buffers():
        if name.endswith(("running_mean", "running_var")):
            buffer.copy_(torch.rand_like(buffer) + 0.5)
    return network.eval()


def logits(network: UNet) -> torch.Tensor:
    torch.manual_seed(8)
    with torch.inference_mode():
        result: torch.Tensor = network(torch.randn(1, 1, 32, 32))
    return result


def respelt(state: State, replacement: Callable[[re.Match[str]], str]) -> State:
    return {re.sub(r"\.(conv|bn)(\d)\.", replacement, name): tensor for name, tensor in state.items()}


def sequential(match: re.Match[str]) -> str:
    return f".{3 * (int(match[2]) - 1) + (match[1] == 'bn')}."


SPELLINGS: dict[str, Callable[[State], State]] = {
    "numbered": lambda state: state,
    "sequential": lambda state: respelt(state, sequential),
    "nested sequential": lambda state: respelt(state, lambda m: ".conv" + sequential(m)),
    "nested units": lambda state: respelt(state, lambda m: f".unit{m[2]}.{m[1]}."),
    "units in a list": lambda state: respelt(state, lambda m: f".{int(m[2]) - 1}.{m[1]}."),
    "norm": lambda state: respelt(state, lambda m: f".{'norm' if m[1] == 'bn' else 'conv'}{m[2]}."),
    "prefixed": lambda state: {f"module.model.{name}": tensor for name, tensor in state.items()},
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_foreign_spelling_gives_the_same_logits(spelling: str) -> None:
    network = trained()
    loaded = network_from_state(unwrapped(SPELLINGS[spelling](network.state_dict())))
    assert torch.equal(logits(loaded), logits(network))


def test_one_unnumbered_convolution_a_block_is_a_layout_too() -> None:
    network = trained(
        UNetLayout({block: (ConvLayout(3, bias=True),) for block in BLOCKS}, ConvLayout(1, 1, True))
    )
    state = respelt(network.state_dict(), lambda match: f".{match[1]}.")
    assert "enc1.conv.bias" in state
    assert torch.equal(logits(network_from_state(state)), logits(network))


def test_depths_widths_kernels_and_biases_are_read_from_the_tensors() -> None:
    blocks: dict[str, tuple[ConvLayout, ...]] = {block: (ConvLayout(2),) for block in BLOCKS}
    blocks["enc2"] = (ConvLayout(3, kernel=5), ConvLayout(7, kernel=1, bias=True), ConvLayout(4))
    network = trained(UNetLayout(blocks, ConvLayout(1, kernel=3, bias=False)))
    assert torch.equal(logits(network_from_state(network.state_dict())), logits(network))


def test_the_count_of_batches_may_be_absent() -> None:
    state = {n: t for n, t in trained().state_dict().items() if not n.endswith("num_batches_tracked")}
    assert torch.equal(logits(network_from_state(state)), logits(trained()))


def refusal(state: State) -> WeightsError:
    with pytest.raises(WeightsError) as caught:
        network_from_state(state)
    return caught.value


def test_every_missing_extra_and_misshapen_tensor_is_named_at_once() -> None:
    state = trained().state_dict()
    del state["enc2.conv1.weight"], state["dec1.bn2.bias"], state["final_conv.weight"]
    state["enc3.conv2.weight"] = torch.zeros(4, 9, 3, 3)
    state["dec3.bn1.running_var"] = torch.zeros(1)
    state["attention.weight"] = torch.zeros(1)
    error = refusal(state)
    assert error.missing == ("enc2.conv1.weight", "dec1.bn2.bias", "final_conv.weight")
    assert error.extra == ("attention.weight",)
    assert error.misshapen == (
        "enc3.conv2.weight is 4 x 9 x 3 x 3, needs 4 x 4 x 3 x 3",
        "dec3.bn1.running_var is 1, needs 4",
    )
    assert all(name in str(error) for name in (*error.missing, *error.extra, *error.misshapen))


def test_a_missing_block_is_named_tensor_by_tensor() -> None:
    state = {name: tensor for name, tensor in trained().state_dict().items() if not name.startswith("dec2.")}
    error = refusal(state)
    assert len(error.missing) == 10
    assert "dec2.conv2.weight" in error.missing
    assert not error.misshapen


def test_a_misshapen_tensor_is_named_as_the_file_names_it() -> None:
    state = SPELLINGS["sequential"](trained().state_dict())
    state["enc1.4.bias"] = torch.zeros(3)
    assert refusal(state).misshapen == ("enc1.4.bias is 3, needs 2",)


@pytest.mark.parametrize(
    ("name", "shape"), [("enc1.conv1.weight", (2, 3, 3, 3)), ("final_conv.weight", (2, 2, 1, 1))]
)
def test_colour_input_and_two_classes_are_refused(name: str, shape: tuple[int, ...]) -> None:
    error = refusal(trained().state_dict() | {name: torch.zeros(shape)})
    assert error.misshapen[0].startswith(f"{name} is ")


def test_two_tensors_for_one_place_leave_the_second_extra() -> None:
    state = trained().state_dict()
    assert refusal(state | {"enc1.other.conv1.weight": state["enc1.conv1.weight"]}).extra == (
        "enc1.other.conv1.weight",
    )


def test_integers_and_not_finite_numbers_are_refused() -> None:
    state = trained().state_dict()
    assert "int8" in refusal(state | {"enc1.bn1.bias": torch.zeros(2, dtype=torch.int8)}).misshapen[0]
    assert "enc1.bn1.bias" in str(refusal(state | {"enc1.bn1.bias": torch.full((2,), torch.nan)}))


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
def test_a_file_loads_in_float32_and_eval_with_its_digest(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"weights{suffix}"
    state = {n: t.half() if t.is_floating_point() else t for n, t in trained().state_dict().items()}
    if suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save({"epoch": 3, "state_dict": {f"module.{n}": t for n, t in state.items()}}, path)
    network, digest = load_weights(path)
    assert digest == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert not network.training
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    assert torch.allclose(logits(network), logits(trained()), atol=0.05)


def test_whole_weights_under_another_extension_are_told_which_ones_there_are(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    torch.save(trained().state_dict(), path)
    with pytest.raises(WeightsError, match=r"\.safetensors, \.pt or \.pth; this is \.bin"):
        load_weights(path)


class Harmful:
    """Unpickles to a call."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return eval, ("1 / 0",)


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth", ".onnx", ""])
@pytest.mark.parametrize(
    "content", [b"", b"no weights", b"\x00" * 64, b"PK\x03\x04 cut off", b"\x80\x02}q\x00."]
)
def test_a_file_that_is_no_weights_is_a_weights_error(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        load_weights(path)
    assert (caught.value.missing, caught.value.extra, caught.value.misshapen) == ((), (), ())
    assert "weights_only" not in str(caught.value)


def test_a_cut_off_file_is_a_weights_error(tmp_path: Path) -> None:
    whole = tmp_path / "whole.pt"
    torch.save(trained().state_dict(), whole)
    for length in range(0, whole.stat().st_size, whole.stat().st_size // 40):
        cut = tmp_path / "cut.pt"
        cut.write_bytes(whole.read_bytes()[:length])
        with pytest.raises(WeightsError):
            load_weights(cut)


def test_a_pickle_cannot_call_anything(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save({"state_dict": Harmful()}, path)
    with pytest.raises(WeightsError, match="other things than tensors"):
        load_weights(path)
