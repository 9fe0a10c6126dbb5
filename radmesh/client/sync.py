"""The synchronous face of the client: the methods of the asynchronous one, which block."""

from types import TracebackType
from typing import Self

from radmesh.client.admin import AdminClient
from radmesh.client.blocking import BlockingFace, LoopThread, blocking, iterating
from radmesh.client.client import Client
from radmesh.client.retry import Patience


class SyncAdmin(BlockingFace[AdminClient]):
    """`AdminClient`, blocking."""

    check_stuck_tasks = blocking(AdminClient.check_stuck_tasks)
    recover_tasks = blocking(AdminClient.recover_tasks)
    statistics = blocking(AdminClient.statistics)
    pause_pipeline = blocking(AdminClient.pause_pipeline)
    resume_pipeline = blocking(AdminClient.resume_pipeline)
    delete_pipeline = blocking(AdminClient.delete_pipeline)
    workers = iterating(AdminClient.workers)
    pause_worker = blocking(AdminClient.pause_worker)
    resume_worker = blocking(AdminClient.resume_worker)
    audit_records = iterating(AdminClient.audit_records)
    sweep_blobs = blocking(AdminClient.sweep_blobs)


class SyncClient(BlockingFace[Client]):
    """`Client` for callers without an event loop; the same methods, which block. A context manager.

    What they are given as `on_message` runs on the client's own thread. `admin`: what operators do.
    """

    def __init__(self, server: str | None = None, *, patience: Patience | None = None) -> None:
        """server: `host:port`; RADMESH_SERVER, else `localhost:50051`, when None."""
        thread = LoopThread("radmesh-client")
        super().__init__(thread.run(_open(server, patience)), thread)
        self.server = self._behind.server
        self.admin = SyncAdmin(self._behind.admin, thread)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection and the thread. Tasks go on."""
        if self._thread.closed:
            return
        self._thread.run(self._behind.close())
        self._thread.close()

    connect = blocking(Client.connect)
    upload = blocking(Client.upload)
    upload_series = blocking(Client.upload_series)
    create = blocking(Client.create)
    ask_for = blocking(Client.ask_for)
    submit = blocking(Client.submit)
    run = iterating(Client.run)
    get = blocking(Client.get)
    list = iterating(Client.list)
    cancel = blocking(Client.cancel)
    watch = iterating(Client.watch)
    wait = blocking(Client.wait)
    result = blocking(Client.result)
    analyze = blocking(Client.analyze)
    review = blocking(Client.review)
    batch_create = blocking(Client.batch_create)
    get_batch = blocking(Client.get_batch)
    watch_batch = iterating(Client.watch_batch)
    wait_batch = blocking(Client.wait_batch)
    read = blocking(Client.read)
    download = blocking(Client.download)
    save = blocking(Client.save)
    pipelines = blocking(Client.pipelines)
    pipeline = blocking(Client.pipeline)
    models = blocking(Client.models)
    model = blocking(Client.model)
    import_model = blocking(Client.import_model)
    delete_model = blocking(Client.delete_model)
    delete_weights = blocking(Client.delete_weights)
    set_official_weights = blocking(Client.set_official_weights)


async def _open(server: str | None, patience: Patience | None) -> Client:
    return Client(server, patience=patience)
