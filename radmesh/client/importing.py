"""Imports of models into a running mesh, and their end: a part of `Client`."""

import asyncio
import os
import tempfile
import uuid
from pathlib import Path
from typing import TypedDict, Unpack

from radmesh.client import sources
from radmesh.client.catalogue import CatalogueCalls
from radmesh.client.model_archives import pack_trained
from radmesh.client.requests import full_name
from radmesh.client.sources import OnUpload
from radmesh.client.tasks import TaskCalls
from radmesh.models.v1 import model_service_pb2
from radmesh.tasks.v1 import task_pb2

IMPORT_PIPELINE = "pipelines/nnunet-import"
DEFAULT_CHECKPOINT = "checkpoint_final.pth"


class ImportOptions(TypedDict, total=False):
    """title: what a menu would show. replace: whether a model of the name makes room.

    checkpoint: the file of each fold, `checkpoint_final.pth` unless told otherwise. weights: id of another
    training of a model that is there, which keeps its other weights; `replace` is then of those of that id.
    """

    title: str
    replace: bool
    checkpoint: str
    weights: str


class ImportCalls(TaskCalls, CatalogueCalls):
    """The part of `Client` that imports models, and deletes them."""

    async def import_model(
        self,
        path: str | os.PathLike[str],
        name: str,
        *,
        on_progress: OnUpload = sources.unheard,
        **options: Unpack[ImportOptions],
    ) -> task_pb2.Task:
        """Begins the import of a trained nnU-Net v2 model; `wait` for the task tells how it went.

        path: the folder that nnU-Net trained into (or one of several, as for a cascade), or the zip that
        `nnUNetv2_export_model_to_zip` writes. name: `models/{model}` or its id.
        Needs the role `operator`. Raises NotTrainedError, OSError.
        """
        whole = full_name("models", name)
        given = Path(path)
        if not await asyncio.to_thread(given.is_dir):
            return await self._import(given, whole, on_progress, options)
        with tempfile.TemporaryDirectory(prefix="radmesh-import-") as folder:
            packed = Path(folder) / "model.zip"
            checkpoint = options.get("checkpoint", DEFAULT_CHECKPOINT)
            await asyncio.to_thread(pack_trained, given, packed, checkpoint)
            return await self._import(packed, whole, on_progress, options)

    async def delete_model(self, name: str) -> task_pb2.Task:
        """Begins the deletion of an imported model; `wait` for the task tells how it went.

        Needs the role `operator`. Raises ModelInUseError while a task that has not ended needs the model.
        """
        request = model_service_pb2.DeleteModelRequest(
            request_id=str(uuid.uuid4()), name=full_name("models", name)
        )
        return await self.get((await self._call(self._models.DeleteModel, request)).task)

    async def delete_weights(self, name: str) -> task_pb2.Task:
        """Begins the deletion of weights of an imported model, but for the official ones; as `delete_model`.

        name: `models/{model}/weights/{weights}`.
        """
        request = model_service_pb2.DeleteWeightsRequest(request_id=str(uuid.uuid4()), name=name)
        return await self.get((await self._call(self._models.DeleteWeights, request)).task)

    async def set_official_weights(self, name: str, keep_as: str) -> task_pb2.Task:
        """Begins to make weights the official ones of an imported model; `wait` for the task.

        name: `models/{model}/weights/{weights}`. keep_as: the id that those get which were official.
        Needs the role `operator`.
        """
        request = model_service_pb2.SetOfficialWeightsRequest(
            request_id=str(uuid.uuid4()), name=name, keep_as=keep_as
        )
        return await self.get((await self._call(self._models.SetOfficialWeights, request)).task)

    async def _import(
        self, file: Path, name: str, on_progress: OnUpload, options: ImportOptions
    ) -> task_pb2.Task:
        image = await self.upload(file, extension=".zip", pipeline=IMPORT_PIPELINE, on_progress=on_progress)
        request = model_service_pb2.ImportModelRequest(
            request_id=str(uuid.uuid4()), image=image.name, name=name, **options
        )
        return await self.get((await self._call(self._models.ImportModel, request)).task)
