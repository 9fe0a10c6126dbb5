"""ReviewService: handed on to `tasks`, with the word whether the caller is a reviewer at this door."""

from collections.abc import Collection

from radmesh.tasks.v1 import review_service_pb2 as pb
from radmesh.tasks.v1.review_service_pb2_grpc import ReviewServiceServicer
from services.chassis import roles
from services.gateway.edge import Context
from services.gateway.tasks_peer import TasksPeer


class ReviewServicer(ReviewServiceServicer):
    """See review_service.proto. reviewers: see services.chassis.roles."""

    def __init__(self, peer: TasksPeer, reviewers: Collection[str]) -> None:
        self._peer = peer
        self._reviewers = reviewers

    async def ReviewTask(self, request: pb.ReviewTaskRequest, context: Context) -> pb.ReviewTaskResponse:
        """See review_service.proto."""
        roles.tell_reviewer(self._reviewers)
        answer: pb.ReviewTaskResponse = await self._peer.ask(self._peer.reviews.ReviewTask, request)
        return answer
