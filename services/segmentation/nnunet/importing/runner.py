"""nnunet-import in the model child: an internal task that makes a served model of an archive."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from radmesh import names
from radmesh.errors import InvalidRequestError, Violation
from radmesh.segmentation.v1.nnunet_import_pb2 import NnunetConfiguration, NnunetImportResult
from radmesh.segmentation.v1.nnunet_pb2 import NnunetLabel
from services.chassis.runner import Progress, RunOutput, Work
from services.segmentation.nnunet.importing.importer import ImportOptions, import_model
from services.segmentation.nnunet.importing.refusals import refused
from services.segmentation.nnunet.layout import Description
from services.segmentation.nnunet.manifest import NnunetManifest
from services.segmentation.nnunet.options import RESERVED, NnunetOptions
from services.segmentation.nnunet.registry import Registry

MAX_TITLE_CHARACTERS = 200
_SHARES = {"checking": 0.0, "unpacking": 0.05, "reading": 0.2, "comparing": 0.6, "installing": 0.9}


class ImportRunner:
    """Imports one model at a time."""

    def __init__(self, options: NnunetOptions) -> None:
        self._options = options

    def load(self) -> str:
        """See Runner. There is nothing to load."""
        return "cpu"

    def run(self, work: Work, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> RunOutput:
        """See Runner."""
        name, title = str(work.parameters["name"]), str(work.parameters["title"])
        weights = str(work.parameters["weights"])
        _check(name, title, weights)
        imported, models = Path(self._options.imported), Path(self._options.models)
        known = Registry(self._options.folders, RESERVED).models()
        if len(known) >= self._options.max_models and f"models/{name}" not in {
            one.model.name for one in known
        }:
            raise refused(
                f"There are {len(known)} models, as many as are served. Delete one (radmesh models delete)",
                reason="TOO_MANY_MODELS",
                models=len(known),
            )
        elsewhere = (
            {one.name for one in models.iterdir()} if models != imported and models.is_dir() else set()
        )
        options = ImportOptions(
            imported,
            Description(name, title or name),
            weights=weights,
            replace=bool(work.parameters["replace"]),
            taken=frozenset(elsewhere) | RESERVED,
            checkpoint=str(work.parameters["checkpoint"]),
            max_bytes=self._options.max_unpacked_bytes,
        )

        def tell(stage: str, done: int, total: int, unit: str) -> None:
            report(Progress(stage, _SHARES[stage], done, total, unit))

        return RunOutput(_result(import_model(work.images[0].path, options, tell, cancelled)))


def _check(name: str, title: str, weights: str) -> None:
    problems = []
    if weights and not names.is_weights_id(weights):
        problems.append(Violation("parameters.weights", names.WEIGHTS_ID_RULE))
    if names.parse("models", f"models/{name}") is None:
        problems.append(Violation("parameters.name", "must be lower-case letters, digits and hyphens"))
    if len(title) > MAX_TITLE_CHARACTERS or not title.isprintable():
        rule = f"must be one line of at most {MAX_TITLE_CHARACTERS} characters"
        problems.append(Violation("parameters.title", rule))
    if problems:
        raise InvalidRequestError(problems)


def _result(made: NnunetManifest) -> NnunetImportResult:
    return NnunetImportResult(
        model=made.model.to_proto(),
        configuration=made.configuration,
        configurations=[
            NnunetConfiguration(name=one.name, trainer=one.trainer, folds=one.folds)
            for one in made.configurations.values()
        ],
        labels=[
            NnunetLabel(value=one.value, name=one.name, meaning=one.meaning, scheme=one.scheme, code=one.code)
            for one in made.labels
        ],
        channels=made.channels,
    )


def create(options: Mapping[str, Any]) -> ImportRunner:
    """The factory that the child calls."""
    return ImportRunner(NnunetOptions(**options))
