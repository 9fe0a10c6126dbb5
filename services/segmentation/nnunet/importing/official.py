"""nnunet-official in the model child: an internal task that chooses a model's official weights."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from radmesh import names
from radmesh.errors import InvalidRequestError, Violation
from radmesh.segmentation.v1.nnunet_official_pb2 import NnunetOfficialResult
from services.chassis.runner import Progress, RunOutput, Work
from services.segmentation.nnunet.importing.install import workplace
from services.segmentation.nnunet.importing.weights import imported_folder, set_official
from services.segmentation.nnunet.manifest import read_nnunet
from services.segmentation.nnunet.options import NnunetOptions


class OfficialRunner:
    """Chooses for one model at a time."""

    def __init__(self, options: NnunetOptions) -> None:
        self._options = options

    def load(self) -> str:
        """See Runner. There is nothing to load."""
        return "cpu"

    def run(self, work: Work, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> RunOutput:
        """See Runner. Done at once, and so not cancelled between."""
        name, weights, keep_as = (str(work.parameters[key]) for key in ("name", "weights", "keep_as"))
        problems = [
            Violation(f"parameters.{field}", names.WEIGHTS_ID_RULE)
            for field, value in (("weights", weights), ("keep_as", keep_as))
            if not names.is_weights_id(value)
        ]
        if names.parse("models", f"models/{name}") is None:
            problems.append(Violation("parameters.name", "must be lower-case letters, digits and hyphens"))
        if problems:
            raise InvalidRequestError(problems)
        imported = Path(self._options.imported)
        report(Progress("choosing", 0.0, 0, 1, "models"))
        folder = imported_folder(imported, Path(self._options.models), name)
        with workplace(imported):
            set_official(folder, weights, keep_as)
        report(Progress("choosing", 1.0, 1, 1, "models"))
        return RunOutput(NnunetOfficialResult(model=read_nnunet(folder).model.to_proto()))


def create(options: Mapping[str, Any]) -> OfficialRunner:
    """The factory that the child calls."""
    return OfficialRunner(NnunetOptions(**options))
