"""`radmesh review`: what waits for a person, what it shows, and the person's decision."""

from pathlib import Path

from radmesh.cli import consoles, review_tables, rows
from radmesh.cli import review_options as options
from radmesh.cli.options import SERVER_DEFAULT, Json, Server, server_words
from radmesh.cli.review_answer import Answer, Decided, read_answer
from radmesh.cli.review_pictures import can_show, open_pictures
from radmesh.cli.running import ExitCode, UsageError, connect, run
from radmesh.client import ENDED, Client, open_review, reviewed_artifacts
from radmesh.tasks.v1 import task_pb2


def review(
    task: options.TaskToReview = "",
    *,
    accept: options.Accept = False,
    mask: options.Mask = None,
    slices: options.Slices = None,
    replace: options.Replace = None,
    param: options.Param = None,
    reject: options.Reject = None,
    sequence: options.Sequence = None,
    out: options.Out = None,
    show: options.Show = None,
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Lists what waits for a review, shows a task's stage, or decides on it.

    An answer that the model cannot use brings the task back into the list, with the reason.
    """
    decided = Decided(accept, mask, slices, tuple(replace or ()), tuple(param or ()), reject, sequence)

    async def work() -> ExitCode:
        answer = read_answer(decided)
        if not task and (answer or out or show or sequence):
            raise UsageError("Name the task. `radmesh review` lists those that wait.")
        if answer and (out or show):
            raise UsageError("Look first and decide then: --out and --open show, the others decide.")
        async with connect(server) as client:
            if not task:
                await _list(client, as_json)
            elif answer:
                await _decide(client, task, answer, as_json, server_words(server))
            else:
                launch = can_show() and not as_json if show is None else show
                words = None if as_json else server_words(server)
                await _show(client, task, out or Path("review"), launch, words)
        return ExitCode.DONE

    run(work(), as_json=as_json)


async def _list(client: Client, as_json: bool) -> None:
    # Lists leave reviews and artifacts out. What is decided meanwhile does not wait any more.
    waiting = [await client.get(one.name) async for one in client.list("state=AWAITING_REVIEW")]
    waiting = [one for one in waiting if one.state == task_pb2.TASK_STATE_AWAITING_REVIEW]
    if as_json:
        for one in waiting:
            rows.emit(rows.task_row(one))
    else:
        consoles.stdout().print(review_tables.waiting(waiting) if waiting else "Nothing waits for a review.")


async def _show(client: Client, name: str, folder: Path, launch: bool, words: str | None) -> None:
    """words: see `server_words`; None for programs."""
    task = await client.get(name)
    review = open_review(task)
    artifacts = reviewed_artifacts(task, review)
    folder /= task.name.removeprefix("tasks/")
    folder.mkdir(parents=True, exist_ok=True)
    files = {one.file_name: await client.download(one.name, folder / one.file_name) for one in artifacts}
    if words is None:
        rows.emit(rows.task_row(task, files))
    else:
        pipeline, console = await client.pipeline(task.pipeline), consoles.stdout()
        console.print(review_tables.shown(task, review, files))
        # Unfolded on a narrow terminal too: a command is there to be pasted.
        commands = review_tables.commands(task, review, files, pipeline, words)
        console.print(commands, markup=False, soft_wrap=True)
    if launch:
        open_pictures(files[one.file_name] for one in artifacts if one.media_type.startswith("image/"))


async def _decide(client: Client, name: str, answer: Answer, as_json: bool, words: str) -> None:
    """words: see `server_words`."""
    after = await answer.give(client, name)
    if as_json:
        rows.emit(rows.task_row(after))
    else:
        consoles.stdout().print(f"{after.name}: {review_tables.decided(after)}", markup=False)
        if after.state not in ENDED:
            # An answer that cannot be used is found to be so only by the model.
            consoles.stderr().print(f"See what comes of it: radmesh watch {after.name}{words}", markup=False)
