"""What the commands of operators print with `--json`."""

from typing import Any

from google.protobuf.message import Message

from radmesh.cli.rows import Row, state_name
from radmesh.tasks.v1 import admin_service_pb2 as pb
from radmesh.tasks.v1 import stuck_pb2, worker_pb2


def stuck_name(reason: stuck_pb2.StuckReason) -> str:
    """Why a task is stuck, such as `WORKER_LOST`; empty when it is not."""
    return stuck_pb2.StuckReason.Name(reason).removeprefix("STUCK_REASON_") if reason else ""


def answer_name(answer: stuck_pb2.WorkerAnswer) -> str:
    """What a worker says, such as `RUNS`; empty when nobody was asked."""
    return stuck_pb2.WorkerAnswer.Name(answer).removeprefix("WORKER_ANSWER_") if answer else ""


def finding_row(finding: stuck_pb2.TaskFinding) -> Row:
    """What was found about one task."""
    return {
        "task": finding.task,
        "pipeline": finding.pipeline,
        "state": state_name(finding.state),
        "attempt": finding.attempt,
        "start_time": _time(finding, "start_time"),
        "runtime_seconds": finding.runtime.ToMilliseconds() / 1000 if finding.HasField("runtime") else None,
        "last_heartbeat_time": _time(finding, "last_heartbeat_time"),
        "last_progress_time": _time(finding, "last_progress_time"),
        "worker": finding.worker or None,
        "worker_answer": answer_name(finding.worker_answer) or None,
        "stuck_reason": stuck_name(finding.stuck_reason) or None,
    }


def check_row(answer: pb.CheckStuckTasksResponse) -> Row:
    """The totals of a look; the last line."""
    return {
        "running_count": answer.running_count,
        "stuck_count": answer.stuck_count,
        "stuck_by_finding": dict(answer.stuck_by_finding),
        "summary": answer.summary,
    }


def recovery_row(recovery: stuck_pb2.TaskRecovery) -> Row:
    """What became of one task."""
    left = recovery.left_reason or None
    return {**finding_row(recovery.finding), "reset": recovery.reset, "left_reason": left}


def recover_row(answer: pb.RecoverTasksResponse) -> Row:
    """The totals of a recovery; the last line."""
    return {
        "checked_count": answer.checked_count,
        "reset_count": answer.reset_count,
        "left_count": answer.left_count,
        "summary": answer.summary,
    }


def worker_row(worker: worker_pb2.Worker) -> Row:
    """A worker."""
    return {
        "name": worker.name,
        "pipelines": list(worker.pipelines),
        "connected": worker.connected,
        "paused": worker.paused,
        "slots": worker.slots,
        "tasks": list(worker.tasks),
        "last_heartbeat_time": _time(worker, "last_heartbeat_time"),
        "version": worker.version,
    }


def audit_row(record: pb.AuditRecord) -> Row:
    """One thing that an operator did."""
    return {
        "name": record.name,
        "create_time": _time(record, "create_time"),
        "principal": record.principal,
        "method": record.method,
        "request": record.request,
        "tasks": list(record.tasks),
        "outcome": record.outcome,
    }


def _time(holder: Message, field: str) -> str | None:
    moment: Any = getattr(holder, field)
    return str(moment.ToJsonString()) if holder.HasField(field) else None
