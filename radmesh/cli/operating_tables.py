"""The tables of operators' commands, in words."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message
from rich.table import Table
from rich.text import Text

from radmesh.cli.lines import duration_text
from radmesh.cli.operating_rows import answer_name, stuck_name
from radmesh.cli.rows import state_name
from radmesh.cli.tables import plain
from radmesh.tasks.v1 import admin_service_pb2 as pb
from radmesh.tasks.v1 import stuck_pb2, worker_pb2

_FINDINGS = {
    "": "well",
    "WORKER_LOST": "its worker lost it",
    "HEARTBEAT_EXPIRED": "its worker is heard of no more",
    "NO_PROGRESS": "makes no progress",
    "RUNTIME_EXCEEDED": "runs for too long",
    "ORPHANED": "no worker holds it",
    "LOST_FROM_QUEUE": "fell out of the queue",
}
_ANSWERS = {
    "": "-",
    "RUNS": "runs it",
    "HOLDS": "has it, not begun",
    "UNKNOWN_ATTEMPT": "does not know it",
    "SILENT": "does not answer",
    "NOT_CONNECTED": "is not connected",
}
_LEFT = {
    "NOT_STUCK": "left: nothing is wrong",
    "NOT_RUNNING": "left: it does not run",
    "CHANGED_MEANWHILE": "left: it changed meanwhile",
    "TASK_NOT_FOUND": "there is no such task",
}


def findings(found: Iterable[stuck_pb2.TaskFinding]) -> Table:
    """Each task that was looked at."""
    titles = ("task", "pipeline", "state", "runs for", "its worker", "heard of", "progress", "finding")
    table = plain(*titles)
    now = datetime.now(UTC)
    for one in found:
        stuck = stuck_name(one.stuck_reason)
        table.add_row(
            one.task,
            _pipeline(one),
            state_name(one.state).lower(),
            duration_text(one.runtime.ToMilliseconds() / 1000) if one.HasField("runtime") else "-",
            _ANSWERS.get(answer_name(one.worker_answer), answer_name(one.worker_answer)),
            _ago(one, "last_heartbeat_time", now),
            _ago(one, "last_progress_time", now),
            Text(_FINDINGS.get(stuck, stuck), style="bold red" if stuck else ""),
        )
    return table


def recoveries(treated: Iterable[stuck_pb2.TaskRecovery]) -> Table:
    """What became of each task."""
    table = plain("task", "pipeline", "finding", "outcome")
    for one in treated:
        stuck = stuck_name(one.finding.stuck_reason)
        # A CANCELLING one is not queued again: somebody wanted it gone.
        state = state_name(one.finding.state)
        put_back = "cancelled" if state == "CANCELLING" else "put back into the queue"
        outcome = put_back if one.reset else _LEFT.get(one.left_reason, one.left_reason)
        table.add_row(one.finding.task, _pipeline(one.finding), _FINDINGS.get(stuck, stuck), outcome)
    return table


def workers(found: Iterable[worker_pb2.Worker]) -> Table:
    """The workers."""
    table = plain("worker", "pipelines", "state", "slots", "heard of", "version", "tasks")
    now = datetime.now(UTC)
    for one in found:
        state = "connected" if one.connected else "not connected"
        pipelines = ", ".join(name.removeprefix("pipelines/") for name in one.pipelines)
        table.add_row(
            one.name,
            pipelines,
            f"{state}, paused" if one.paused else state,
            f"{len(one.tasks)} of {one.slots} taken",
            _ago(one, "last_heartbeat_time", now),
            Text(one.version),
            "\n".join(one.tasks),
        )
    return table


def audit(records: Iterable[pb.AuditRecord]) -> Table:
    """What operators did."""
    table = plain("when", "who", "what", "asked for", "outcome", "tasks")
    for one in records:
        when = one.create_time.ToDatetime().strftime("%Y-%m-%d %H:%M:%SZ")
        tasks = str(len(one.tasks)) if one.tasks else ""
        table.add_row(when, one.principal, one.method, Text(one.request), one.outcome, tasks)
    return table


def _pipeline(finding: stuck_pb2.TaskFinding) -> str:
    return finding.pipeline.removeprefix("pipelines/")


def _ago(holder: Message, field: str, now: datetime) -> str:
    if not holder.HasField(field):
        return "-"
    moment: Any = getattr(holder, field)
    return f"{duration_text(max(0.0, (now - moment.ToDatetime(UTC)).total_seconds()))} ago"
