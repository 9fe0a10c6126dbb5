"""The models of pipeline nnunet as the service's parent process knows them, kept up with their folders."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from radmesh.models.v1.model_pb2 import Model
from services.chassis import logs
from services.segmentation.nnunet.importing.install import clear_abandoned
from services.segmentation.nnunet.registry import Registry, Signature

log = logs.logger(__name__)


class ServedModels:
    """on_change: called when `models` has changed. Other workers, and people, may change the folders too."""

    def __init__(self, registry: Registry, imported: Path, on_change: Callable[[], None]) -> None:
        self._registry = registry
        self._imported = imported
        self._on_change = on_change
        self._turn = 0
        self._seen = registry.signature()
        self.models: dict[str, Model] = _protos(registry)
        self._tell_broken()

    def add(self, model: Model) -> None:
        """A model that this worker's child has just imported or changed; its folder is there already."""
        self._turn += 1
        self.models = dict(sorted({**self.models, model.name: model}.items()))
        self._on_change()

    def remove(self, model: str) -> None:
        """A model, by resource name, that this worker's child has just deleted."""
        self._turn += 1
        self.models = {name: one for name, one in self.models.items() if name != model}
        self._on_change()

    async def watch(self, pause_seconds: float) -> None:
        """Looks for ever."""
        while True:
            await asyncio.sleep(pause_seconds)
            await self.look()

    async def look(self) -> None:
        """Takes over what has changed in the folders."""
        turn = self._turn
        try:
            seen = await asyncio.to_thread(self._signature)
            if seen == self._seen:
                return
            found = await asyncio.to_thread(_protos, self._registry)
        except OSError as error:
            log.warning("models cannot be looked for", error=str(error))
            return
        if turn != self._turn:
            return  # One came meanwhile that this reading may have missed: the next look sees both.
        self._seen = seen
        self._tell_broken()
        if found != self.models:
            log.info("models changed", models=list(found))
            self.models = found
            self._on_change()

    def _signature(self) -> dict[Path, Signature]:
        clear_abandoned(self._imported)
        return self._registry.signature()

    def _tell_broken(self) -> None:
        for one in self._registry.broken():
            log.error("model not served", folder=str(one.folder), message=one.error.message)


def _protos(registry: Registry) -> dict[str, Model]:
    return {one.model.name: one.model.to_proto() for one in registry.models()}
