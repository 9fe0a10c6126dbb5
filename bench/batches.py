"""The requests of a batch of tasks without images."""

import uuid

from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest


def batch_of(pipeline: str, tasks: int) -> list[CreateTaskRequest]:
    """So many requests for a pipeline, each with a request id of its own."""
    name = f"pipelines/{pipeline}"
    return [CreateTaskRequest(request_id=str(uuid.uuid4()), pipeline=name) for _ in range(tasks)]
