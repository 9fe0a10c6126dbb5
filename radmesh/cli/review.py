"""`radmesh review`: what waits for a person, what it shows, and the person's decision."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from radmesh.cli import consoles, review_tables, rows
from radmesh.cli.options import SERVER_DEFAULT, Json, Server
from radmesh.cli.running import ExitCode, UsageError, connect, run
from radmesh.client import Client, open_review, reviewed_artifacts
from radmesh.tasks.v1 import task_pb2


def review(
    task: Annotated[
        str, typer.Argument(help="Task to look at or to decide on; every one that waits when left out.")
    ] = "",
    *,
    accept: Annotated[bool, typer.Option("--accept", help="The stage is right; the task goes on.")] = False,
    replace: Annotated[
        list[str] | None,
        typer.Option(
            "--replace",
            metavar="ARTIFACT=FILE",
            help="Accept, with this file in the place of an artifact. May be repeated.",
        ),
    ] = None,
    reject: Annotated[
        str, typer.Option("--reject", metavar="REASON", help="The stage is wrong; the task fails.")
    ] = "",
    sequence: Annotated[
        int | None, typer.Option("--sequence", min=1, help="Decide only if this is the review that is open.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Save the artifacts in DIR/<task>/.")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the pictures that were saved.")] = False,
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Lists what waits for a review, shows a task's stage, or decides on it."""
    decides = accept or bool(replace) or bool(reject)

    async def work() -> ExitCode:
        if reject and (accept or replace):
            raise UsageError("A stage is either accepted or rejected.")
        if not task and (decides or out or show or sequence):
            raise UsageError("Name the task. `radmesh review` lists those that wait.")
        if decides and (out or show):
            raise UsageError("Look first and decide then: --out and --open show, the others decide.")
        files = read_replacements(replace or [])
        async with connect(server) as client:
            if not task:
                await _list(client, as_json)
            elif decides:
                after = await client.review(
                    task, accept=not reject, reason=reject, replacements=files, sequence=sequence
                )
                _print_decision(after, as_json)
            else:
                await _show(client, task, out or Path("review"), show, as_json)
        return ExitCode.DONE

    run(work(), as_json=as_json)


def read_replacements(given: list[str]) -> Mapping[str, Path]:
    """The files by the artifacts whose places they take. Raises UsageError."""
    found: dict[str, Path] = {}
    for one in given:
        artifact, separator, path = one.partition("=")
        if not separator or not artifact or not Path(path).is_file():
            raise UsageError(f"--replace {one}: must be ARTIFACT=FILE, such as mask.png=corrected.png.")
        if artifact in found:
            raise UsageError(f"--replace {artifact}: stands twice.")
        found[artifact] = Path(path)
    return found


async def _list(client: Client, as_json: bool) -> None:
    # Lists leave reviews and artifacts out. What is decided meanwhile does not wait any more.
    waiting = [await client.get(one.name) async for one in client.list("state=AWAITING_REVIEW")]
    waiting = [one for one in waiting if one.state == task_pb2.TASK_STATE_AWAITING_REVIEW]
    if as_json:
        for one in waiting:
            rows.emit(rows.task_row(one))
    else:
        consoles.stdout().print(review_tables.waiting(waiting) if waiting else "Nothing waits for a review.")


async def _show(client: Client, name: str, folder: Path, launch: bool, as_json: bool) -> None:
    task = await client.get(name)
    review = open_review(task)
    artifacts = reviewed_artifacts(task, review)
    folder /= task.name.removeprefix("tasks/")
    folder.mkdir(parents=True, exist_ok=True)
    files = {one.file_name: await client.download(one.name, folder / one.file_name) for one in artifacts}
    if as_json:
        rows.emit(rows.task_row(task, files))
    else:
        consoles.stdout().print(review_tables.shown(task, review, files))
    for artifact in artifacts:
        if launch and artifact.media_type.startswith("image/"):
            typer.launch(str(files[artifact.file_name]))


def _print_decision(after: task_pb2.Task, as_json: bool) -> None:
    if as_json:
        rows.emit(rows.task_row(after))
    else:
        consoles.stdout().print(f"{after.name}: {review_tables.decided(after)}", markup=False)
