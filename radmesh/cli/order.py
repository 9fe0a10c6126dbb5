"""What `radmesh analyze` and `radmesh batch` are asked for: the same options, read the same way."""

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from radmesh.cli import consoles
from radmesh.cli.inputs import Input, find_inputs, repeated, together
from radmesh.cli.options import (
    SERVER_DEFAULT,
    CallbackUrl,
    Json,
    Labels,
    NotBefore,
    OutByInput,
    Priority,
    Server,
    server_words,
)
from radmesh.cli.parameters import read_parameters, upload_images
from radmesh.cli.studies import OncePerStudyOption
from radmesh.cli.submission import PriorityName, read_labels, read_not_before
from radmesh.cli.timeouts import (
    AttemptTimeout,
    HeartbeatTimeout,
    ProgressTimeout,
    QueueTimeout,
    ReviewTimeout,
)
from radmesh.client import Client, TaskOptions, task_request, task_timeouts
from radmesh.client.requests import full_name
from radmesh.tasks.v1.pipeline_pb2 import Pipeline
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest


@dataclass(frozen=True, kw_only=True)
class Order:
    """The command line. Its fields are the arguments and options of the commands that `takes` it."""

    pipeline: Annotated[str, typer.Argument(help="Pipeline, such as octa-vessels; see `radmesh pipelines`.")]
    paths: Annotated[
        list[Path], typer.Argument(exists=True, metavar="PATH", help="Files, or folders of files.")
    ]
    param: Annotated[
        list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="A parameter. May be repeated.")
    ] = None
    weights: Annotated[
        str,
        typer.Option(
            "--weights",
            metavar="NAME",
            help="models/NAME/weights/NAME, or a model; see `radmesh models list`.",
        ),
    ] = ""
    together: Annotated[
        bool,
        typer.Option("--together", help="All paths are one task's images, in order, such as channels."),
    ] = False
    out: OutByInput = None
    callback_url: CallbackUrl = ""
    priority: Priority = PriorityName.ROUTINE
    not_before: NotBefore = ""
    label: Labels = None
    once_per_study: OncePerStudyOption = None
    detach: Annotated[bool, typer.Option("--detach", help="Create the tasks and return.")] = False
    queue_timeout: QueueTimeout = None
    attempt_timeout: AttemptTimeout = None
    progress_timeout: ProgressTimeout = None
    heartbeat_timeout: HeartbeatTimeout = None
    review_timeout: ReviewTimeout = None
    as_json: Json = False
    server: Server = SERVER_DEFAULT

    @property
    def server_words(self) -> str:
        """What has to stand in a command that goes to the same server."""
        return server_words(self.server)

    def read_options(self, now: datetime) -> TaskOptions:
        """What the tasks are asked for, but for their parameters. Raises InvalidRequestError."""
        return {
            "labels": read_labels(self.label or []),
            "weights": full_name("models", self.weights) if self.weights else "",
            "not_before": read_not_before(self.not_before, now),
            "priority": self.priority.number,
            "callback_url": self.callback_url,
            "timeouts": task_timeouts(
                queue=self.queue_timeout,
                attempt=self.attempt_timeout,
                progress=self.progress_timeout,
                heartbeat=self.heartbeat_timeout,
                review=self.review_timeout,
            ),
        }


AnyOrder = TypeVar("AnyOrder", bound=Order)
Ask = Callable[[Sequence[str]], CreateTaskRequest]


def takes(kind: type[AnyOrder]) -> Callable[[Callable[[AnyOrder], None]], Callable[..., None]]:
    """Makes a command for typer of a function that takes an order."""

    def decorate(work: Callable[[AnyOrder], None]) -> Callable[..., None]:
        @functools.wraps(work)
        def command(**given: Any) -> None:
            work(kind(**given))

        command.__signature__ = inspect.signature(kind)  # type: ignore[attr-defined]
        command.__annotations__ = get_type_hints(kind, include_extras=True)
        return command

    return decorate


async def look_up(client: Client, order: Order, options: TaskOptions) -> tuple[list[Input], Ask, Pipeline]:
    """The inputs that the pipeline finds in the paths, what makes a request of one's images, the pipeline.

    options: those of `read_options`. Raises PipelineNotFoundError, InvalidRequestError, UsageError.
    """
    pipeline = await client.pipeline(order.pipeline)
    given = read_parameters(order.param or [], pipeline)
    inputs = find_inputs(order.paths, pipeline.input)
    for path in repeated(order.paths):
        consoles.stderr().print(f"{path} is named more than once: it is taken once.", markup=False)
    if order.together:
        inputs = [together(inputs)]
    whole: TaskOptions = {**options, "parameters": await upload_images(client, given)}
    return inputs, partial(task_request, order.pipeline, **whole), pipeline
