"""nnunet-delete in the model child: an internal task that takes an imported model off the disk."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from radmesh import names
from radmesh.errors import InvalidRequestError, Violation
from radmesh.segmentation.v1.nnunet_delete_pb2 import NnunetDeleteResult
from services.chassis.runner import Progress, RunOutput, Work
from services.segmentation.nnunet.importing.install import workplace
from services.segmentation.nnunet.importing.refusals import bundled_model
from services.segmentation.nnunet.importing.weights import delete_weights, imported_folder
from services.segmentation.nnunet.manifest import is_nnunet, read_nnunet
from services.segmentation.nnunet.options import RESERVED, NnunetOptions


class DeleteRunner:
    """Deletes one model at a time. `tasks` has seen to it that no task needs the model."""

    def __init__(self, options: NnunetOptions) -> None:
        self._options = options

    def load(self) -> str:
        """See Runner. There is nothing to load."""
        return "cpu"

    def run(self, work: Work, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> RunOutput:
        """See Runner. Done at once, and so not cancelled between."""
        name, weights = str(work.parameters["name"]), str(work.parameters["weights"])
        if names.parse("models", f"models/{name}") is None:
            raise InvalidRequestError([Violation("parameters.name", names.rule("models"))])
        imported, models = Path(self._options.imported), Path(self._options.models)
        report(Progress("deleting", 0.0, 0, 1, "models"))
        result = NnunetDeleteResult(model=f"models/{name}")
        if weights:
            folder = imported_folder(imported, models, name)
            with workplace(imported):
                result.deleted = delete_weights(folder, weights)
            result.remaining.CopyFrom(read_nnunet(folder).model.to_proto())
        else:
            result.deleted = delete_model(imported, models, name)
        report(Progress("deleting", 1.0, 1, 1, "models"))
        return RunOutput(result)


def delete_model(imported: Path, models: Path, name: str) -> bool:
    """Deletes an imported model whole; False when there is none.

    models: the folder of bundled ones, which stay. Raises ModelRefusedError: MODEL_BUNDLED, MODELS_READ_ONLY.
    """
    folder = imported / name
    if name in RESERVED or (models != imported and (models / name).exists()):
        raise bundled_model(name)
    if not folder.exists():
        return False
    if not is_nnunet(folder):
        raise bundled_model(name)
    with workplace(imported) as place:
        # Gone at once for who looks; the files go with the workplace, also when this process is killed now.
        try:
            folder.rename(place / "deleted")
        except FileNotFoundError:  # somebody else was quicker
            return False
    return True


def create(options: Mapping[str, Any]) -> DeleteRunner:
    """The factory that the child calls."""
    return DeleteRunner(NnunetOptions(**options))
