"""Turns what operators ask about into messages."""

from collections import Counter
from collections.abc import Sequence

from google.protobuf import timestamp_pb2

from radmesh.tasks.v1 import admin_service_pb2, stuck_pb2, task_pb2, worker_pb2
from services.tasks import stuck
from services.tasks.records import AuditRecord, WorkerRecord
from services.tasks.recovery import Found, Treated, running
from services.tasks.stuck import Finding

MAX_TOLD = 1_000


def worker_message(record: WorkerRecord) -> worker_pb2.Worker:
    """A worker as operators see it."""
    found = worker_pb2.Worker(
        name=f"workers/{record.worker}",
        pipelines=[f"pipelines/{pipeline}" for pipeline in record.pipelines],
        connected=record.connected,
        paused=record.paused,
        slots=record.slots,
        tasks=[f"tasks/{task_id}" for task_id in record.tasks],
        version=record.version,
    )
    if record.heartbeat_time is not None:
        found.last_heartbeat_time.FromDatetime(record.heartbeat_time)
    return found


def audit_message(record: AuditRecord) -> admin_service_pb2.AuditRecord:
    """An audit record as operators see it."""
    created = timestamp_pb2.Timestamp()
    created.FromDatetime(record.create_time)
    return admin_service_pb2.AuditRecord(
        name=f"auditRecords/{record.number}",
        create_time=created,
        principal=record.principal,
        method=record.method,
        request=record.request,
        tasks=[f"tasks/{task_id}" for task_id in record.tasks],
        outcome=record.outcome,
    )


def check_message(found: Sequence[Found]) -> admin_service_pb2.CheckStuckTasksResponse:
    """What a look for stuck tasks found, the stuck ones first."""
    counts = Counter(one.finding for one in found if one.finding is not Finding.NONE)
    return admin_service_pb2.CheckStuckTasksResponse(
        findings=map(finding_message, found[:MAX_TOLD]),
        running_count=running(found),
        stuck_count=counts.total(),
        stuck_by_finding={finding.name: count for finding, count in counts.items()},
        summary=stuck.summary(running(found), counts.elements()),
    )


def recovery_message(treated: Sequence[Treated]) -> admin_service_pb2.RecoverTasksResponse:
    """What became of the tasks that were to be recovered, those that were reset first."""
    reset = sum(not one.left_reason for one in treated)
    left = Counter(one.left_reason for one in treated if one.left_reason)
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(left.items()))
    return admin_service_pb2.RecoverTasksResponse(
        recoveries=map(_treated_message, treated[:MAX_TOLD]),
        checked_count=len(treated),
        reset_count=reset,
        left_count=len(treated) - reset,
        summary=f"{len(treated)} looked at, {reset} put back, {len(treated) - reset} left"
        + (f": {why}." if why else "."),
    )


def finding_message(found: Found) -> stuck_pb2.TaskFinding:
    """What was found about one task."""
    facts = found.facts
    told = stuck_pb2.TaskFinding(
        task=f"tasks/{facts.task_id}",
        pipeline=f"pipelines/{facts.pipeline}",
        state=task_pb2.TaskState.Name(facts.state),
        attempt=facts.attempt,
        worker=f"workers/{facts.worker}" if facts.worker else "",
        worker_answer=stuck_pb2.WorkerAnswer.Name(found.answer),
        stuck_reason=stuck_pb2.StuckReason.Name(found.finding),
    )
    if facts.start_ms is not None and facts.runtime_ms is not None:
        told.start_time.FromMilliseconds(facts.start_ms)
        told.runtime.FromMilliseconds(facts.runtime_ms)
    if facts.heartbeat_ms is not None:
        told.last_heartbeat_time.FromMilliseconds(facts.heartbeat_ms)
    if facts.progress_ms is not None:
        told.last_progress_time.FromMilliseconds(facts.progress_ms)
    return told


def _treated_message(treated: Treated) -> stuck_pb2.TaskRecovery:
    finding = stuck_pb2.TaskFinding(task=f"tasks/{treated.task_id}")
    if treated.found is not None:
        finding = finding_message(treated.found)
    return stuck_pb2.TaskRecovery(
        finding=finding, reset=not treated.left_reason, left_reason=treated.left_reason
    )
