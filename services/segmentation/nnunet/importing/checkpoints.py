"""Judges a checkpoint before it is loaded: a pickle is a program, and a tensor may lie about its size."""

import pickletools
import zipfile
from collections.abc import Iterator
from pathlib import Path

import torch

from services.chassis.models import BrokenModelError
from services.segmentation.hostile import parsing
from services.segmentation.nnunet.importing.refusals import ModelRefusedError, refused
from services.segmentation.nnunet.trained import Checkpoint, read_checkpoint

MAX_PICKLE_BYTES = 64 << 20
"""The curves of a log take some hundred kilobytes."""

_TORCH = frozenset(
    {
        "collections.OrderedDict",
        "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_parameter",
        "torch.device",
        "torch.Size",
        "torch.serialization._get_layout",
        *(f"torch.{name}Storage" for name in ("Float", "Half", "BFloat16", "Double", "Long", "Int", "Byte")),
        *(f"torch.{name}Storage" for name in ("Short", "Char", "Bool")),
    }
)
_NUMPY = frozenset(
    {
        "numpy.dtype",
        *(f"numpy.{core}.multiarray.{name}" for core in ("core", "_core") for name in ("scalar",)),
        *(
            f"numpy.dtypes.{name}DType"
            for name in ("Float64", "Float32", "Float16", "Int64", "Int32", "Bool")
        ),
        # How protocol 2 writes bytes, which the values of scalars are.
        "_codecs.encode",
    }
)
ALLOWED = _TORCH | _NUMPY
"""What nnU-Net's trainer writes, and nothing else."""


def read_hostile_checkpoint(path: Path, name: str) -> Checkpoint:
    """A checkpoint that was judged first. name: what messages call it.

    Raises ModelRefusedError: CHECKPOINT_UNREADABLE, CHECKPOINT_UNSAFE.
    """
    with parsing(lambda: _unreadable(name)):
        _judge(path, name)
    try:
        found = read_checkpoint(path)
    except BrokenModelError:
        raise _unreadable(name) from None
    if not (found.configuration.isprintable() and found.trainer.isprintable()):
        raise _unreadable(name)
    _check_tensors(found, name)
    return found


def _judge(path: Path, name: str) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise refused(f"{name} is compressed inside; torch never does that.", reason="CHECKPOINT_UNSAFE")
        if sum(entry.file_size for entry in entries) > path.stat().st_size:
            raise refused(
                f"{name} holds more than its own length; torch never does that.", reason="CHECKPOINT_UNSAFE"
            )
        pickles = [entry for entry in entries if entry.filename.rpartition("/")[2] == "data.pkl"]
        if len(pickles) != 1 or pickles[0].file_size > MAX_PICKLE_BYTES:
            raise _unreadable(name)
        content = archive.read(pickles[0])
    wanted = sorted(set(_globals(content)) - ALLOWED)
    if wanted:
        shown = ", ".join(one[:80] for one in wanted[:5])
        raise refused(
            f"{name} asks for {shown} when it is loaded, which nnU-Net's trainer never writes. It was not "
            "loaded. Export the model again from the machine that trained it.",
            globals=shown,
            reason="CHECKPOINT_UNSAFE",
        )


def _globals(content: bytes) -> Iterator[str]:
    """What a pickle would import, by walking through its instructions; nothing is run.

    STACK_GLOBAL takes its names off the stack, where a memo may have put any string: such a pickle, which
    torch does not write, is refused by that name.
    """
    for instruction, argument, _ in pickletools.genops(content):
        if instruction.name in ("GLOBAL", "INST"):
            module, _, attribute = str(argument).partition(" ")
            yield f"{module}.{attribute}".replace("__builtin__.", "builtins.")
        elif instruction.name in ("STACK_GLOBAL", "EXT1", "EXT2", "EXT4"):
            yield f"the instruction {instruction.name}"


def _check_tensors(found: Checkpoint, name: str) -> None:
    """Each tensor has as many bytes as it says: one of a single number, spread over a shape, has not."""
    for key, tensor in found.weights.items():
        if not isinstance(key, str) or not isinstance(tensor, torch.Tensor) or tensor.layout != torch.strided:
            raise _unreadable(name)
        if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            raise refused(
                f"A tensor of {name} claims to be larger than what is stored of it.",
                reason="CHECKPOINT_UNSAFE",
            )


def _unreadable(name: str) -> ModelRefusedError:
    return refused(
        f"{name} cannot be read as a checkpoint of nnU-Net's trainer: it is cut off, of a torch before 1.6, "
        "or holds other things. Copy it again from where it was trained.",
        reason="CHECKPOINT_UNREADABLE",
    )
