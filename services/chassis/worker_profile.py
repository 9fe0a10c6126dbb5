"""What a worker says of itself when it connects."""

from collections.abc import Iterable
from dataclasses import dataclass

from radmesh.tasks.v1.pipeline_pb2 import Pipeline
from radmesh.tasks.v1.worker_service_pb2 import Lease, WorkerHello, WorkerPipelines


@dataclass(frozen=True)
class WorkerProfile:
    """What a worker says of itself: its pipelines, the descriptors of their results, its version."""

    pipelines: tuple[Pipeline, ...]
    descriptor_set: bytes
    version: str

    def hello(self, worker: str, slots: int, leases: Iterable[Lease]) -> WorkerHello:
        """The first message of a stream. worker: its id. leases: those that it holds still."""
        return WorkerHello(
            worker=worker,
            pipelines=self.pipelines,
            descriptor_set=self.descriptor_set,
            slots=slots,
            leases=leases,
            version=self.version,
            reads_more=True,
        )

    def change(self) -> WorkerPipelines:
        """The message that changes what the hello said."""
        return WorkerPipelines(pipelines=self.pipelines, descriptor_set=self.descriptor_set)
