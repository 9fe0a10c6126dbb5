"""Turns what operators ask about into messages."""

from google.protobuf import timestamp_pb2

from radmesh.tasks.v1 import admin_service_pb2, worker_pb2
from services.tasks.records import AuditRecord, WorkerRecord


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
