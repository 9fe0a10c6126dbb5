"""Which trainers nnU-Net ships, and which of them build a network of their own. Reads their source only.

nnU-Net finds a trainer by importing every module of its training until one has the name: 8 s, and any name in
any of them would do. Nearly all trainers leave the network as it is.
"""

import ast
import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.segmentation.nnunet.refusals import UnknownTrainerError

_PACKAGE = "nnunetv2.training.nnUNetTrainer"
_ROOT = "nnUNetTrainer"
_BUILD = "build_network_architecture"


@dataclass(frozen=True)
class _Trainer:
    module: str
    bases: tuple[str, ...]
    builds: bool


def network_builder(trainer: str) -> Callable[..., Any] | None:
    """What a trainer builds its network with; None where it leaves that to nnU-Net's plans.

    Raises UnknownTrainerError.
    """
    known = _shipped()
    name = trainer
    while name != _ROOT:
        if name not in known or not known[name].bases:
            raise UnknownTrainerError(
                f"the model was trained by {trainer[:100]!r}, which this version of nnU-Net does not ship: "
                "nobody can say what network it builds. If it only trains differently, give the model the "
                "name of one that ships",
                metadata={"trainer": trainer[:100]},
            )
        if known[name].builds:
            builder: Callable[..., Any] = getattr(
                getattr(importlib.import_module(known[name].module), name), _BUILD
            )
            return builder
        name = known[name].bases[0]
    return None


@cache
def _shipped() -> dict[str, _Trainer]:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise UnknownTrainerError("nnU-Net is not installed")
    folder = Path(next(iter(spec.submodule_search_locations)))
    found = {}
    for path in sorted(folder.rglob("*.py")):
        module = ".".join((_PACKAGE, *path.relative_to(folder).with_suffix("").parts))
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                bases = tuple(base.id for base in node.bases if isinstance(base, ast.Name))
                builds = any(isinstance(one, ast.FunctionDef) and one.name == _BUILD for one in node.body)
                found[node.name] = _Trainer(module, bases, builds)
    return found
