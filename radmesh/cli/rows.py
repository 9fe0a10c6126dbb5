"""What `--json` prints: plain objects, one a line."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import json_format, timestamp_pb2

from radmesh import errors
from radmesh.client import WatchMessage, result_dict
from radmesh.tasks.v1 import callback_pb2, pipeline_pb2, review_pb2, task_pb2, timeouts_pb2

Row = dict[str, Any]


def emit(row: Mapping[str, Any]) -> None:
    """Prints one object as one line, at once: a pipe's reader must not wait for a full buffer."""
    sys.stdout.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def state_name(state: task_pb2.TaskState) -> str:
    """A state as people read it: `RUNNING`."""
    return task_pb2.TaskState.Name(state).removeprefix("TASK_STATE_")


def priority_name(priority: task_pb2.TaskPriority) -> str:
    """A priority as people read it: `STAT`."""
    return task_pb2.TaskPriority.Name(priority).removeprefix("TASK_PRIORITY_")


def task_row(task: task_pb2.Task, files: Mapping[str, Path] | None = None) -> Row:
    """A task with its outcome. files: where artifacts were saved, by file name."""
    return {
        "name": task.name,
        "pipeline": task.pipeline,
        "state": state_name(task.state),
        "priority": priority_name(task.priority),
        "queue_position": task.queue_position or None,
        "eta_seconds": _seconds(task),
        "pipeline_paused": task.pipeline_paused,
        "pause_reason": task.pause_reason or None,
        "attempt": task.attempt,
        "stage": task.stage,
        "sequence": task.sequence,
        "create_time": _time(task, "create_time"),
        "not_before_time": _time(task, "not_before_time"),
        "start_time": _time(task, "start_time"),
        "end_time": _time(task, "end_time"),
        "parameters": json_format.MessageToDict(task.parameters),
        "labels": dict(task.labels),
        "weights": task.weights,
        "timeouts": _timeouts(task.timeouts),
        "result": result_dict(task.result) if task.HasField("result") else None,
        "error": _task_error(task.error) if task.HasField("error") else None,
        "artifacts": [_artifact(artifact, files or {}) for artifact in task.artifacts],
        "reviews": [_review(review) for review in task.reviews],
        "callback": _callback(task.callback) if task.HasField("callback") else None,
    }


def error_row(error: errors.RadmeshError) -> Row:
    """An error of a call."""
    return {
        "code": int(error.numeric_code) if error.numeric_code is not None else None,
        "reason": error.reason,
        "message": error.message,
        "metadata": error.metadata,
    }


def message_row(message: WatchMessage) -> Row:
    """One message of a watch; `kind` says which."""
    kind = message.WhichOneof("message") or ""
    row: Row = {"kind": kind}
    if kind == "snapshot":
        return {**row, "sequence": message.snapshot.sequence, "task": task_row(message.snapshot.task)}
    if kind == "event":
        return {**row, **_event(message.event)}
    if kind == "progress":
        return {**row, **_progress(message.progress)}
    mark = message.bookmark
    return {
        **row,
        "sequence": mark.sequence,
        "queue_position": mark.queue_position,
        "eta_seconds": _seconds(mark),
        "pipeline_paused": mark.pipeline_paused,
        "pause_reason": mark.pause_reason or None,
    }


def pipeline_row(pipeline: pipeline_pb2.Pipeline) -> Row:
    """A pipeline with what it takes and gives."""
    return {
        "name": pipeline.name,
        "title": pipeline.title,
        "description": pipeline.description,
        "input": {
            "media_types": list(pipeline.input.media_types),
            "file_extensions": list(pipeline.input.file_extensions),
            "min_images": pipeline.input.min_images,
            "max_images": pipeline.input.max_images,
            "accepts_series": pipeline.input.accepts_series,
            "max_image_bytes": pipeline.input.max_image_bytes,
            "max_image_pixels": pipeline.input.max_image_pixels,
            "min_image_side": pipeline.input.min_image_side,
        },
        "parameters": [_parameter(parameter) for parameter in pipeline.parameters],
        "artifacts": [
            {
                "file_name": one.file_name,
                "media_type": one.media_type,
                "description": one.description,
                "replacement_media_types": list(one.replacement_media_types),
            }
            for one in pipeline.artifacts
        ],
        "result_type": pipeline.result_type,
        "models": [model.name for model in pipeline.models],
        "demonstrator": pipeline.demonstrator,
        "one_task_per_study": pipeline.one_task_per_study,
        **_timeouts(pipeline),
        "max_attempts": pipeline.max_attempts,
        "connected_workers": pipeline.connected_workers,
        "paused": pipeline.paused,
        "pause_reason": pipeline.pause_reason or None,
    }


def _timeouts(bounded: pipeline_pb2.Pipeline | timeouts_pb2.TaskTimeouts) -> Row:
    """The timeouts that are set, in seconds."""
    fields = [field.name for field in timeouts_pb2.TaskTimeouts.DESCRIPTOR.fields]
    set_fields = [name for name in fields if bounded.HasField(name)]
    return {f"{name}_seconds": getattr(bounded, name).ToMilliseconds() / 1000 for name in set_fields}


def parameter_type(parameter: pipeline_pb2.PipelineParameter) -> str:
    """The kind of a parameter's value as people read it: `number`."""
    name = pipeline_pb2.PipelineParameterType.Name(parameter.type)
    return name.removeprefix("PIPELINE_PARAMETER_TYPE_").lower()


def _parameter(parameter: pipeline_pb2.PipelineParameter) -> Row:
    return {
        "name": parameter.name,
        "type": parameter_type(parameter),
        "default": json_format.MessageToDict(parameter.default_value),
        "min": parameter.min_value if parameter.HasField("min_value") else None,
        "max": parameter.max_value if parameter.HasField("max_value") else None,
        "allowed_values": list(parameter.allowed_values),
        "unit": parameter.unit,
        "pattern": parameter.pattern,
        "media_types": list(parameter.media_types),
        "reviewable": parameter.reviewable,
        "description": parameter.description,
    }


def _review(review: review_pb2.TaskReview) -> Row:
    return {
        "stage": review.stage,
        "attempt": review.attempt,
        "sequence": review.sequence,
        "open_time": _time(review, "open_time"),
        "expire_time": _time(review, "expire_time"),
        "decision": review_pb2.ReviewDecision.Name(review.decision).removeprefix("REVIEW_DECISION_"),
        "reviewer": review.reviewer,
        "decide_time": _time(review, "decide_time"),
        "reason": review.reason,
        "replacements": [{"artifact": one.artifact, "image": one.image} for one in review.replacements],
        "parameters": json_format.MessageToDict(review.parameters),
        "refused_answer": _refused(review.refused_answer) if review.HasField("refused_answer") else None,
        "stage_result": result_dict(review.stage_result) if review.HasField("stage_result") else None,
    }


def _refused(answer: review_pb2.RefusedAnswer) -> Row:
    return {"reason": answer.reason, "message": answer.message, "metadata": dict(answer.metadata)}


def _event(event: task_pb2.TaskEvent) -> Row:
    row: Row = {"sequence": event.sequence, "time": _time(event, "event_time"), "attempt": event.attempt}
    if event.WhichOneof("change") == "artifact":
        return {**row, "artifact": _artifact(event.artifact, {})}
    change = event.state_change
    row |= {"state": state_name(change.state), "reason": change.reason}
    if change.HasField("result"):
        row["result"] = result_dict(change.result)
    if change.HasField("error"):
        row["error"] = _task_error(change.error)
    return row


def _progress(progress: task_pb2.TaskProgress) -> Row:
    return {
        "attempt": progress.attempt,
        "stage": progress.stage,
        "units_done": progress.units_done,
        "units_total": progress.units_total,
        "unit": progress.unit,
        "fraction": progress.fraction,
        "message": progress.message,
        "eta_seconds": _seconds(progress),
    }


def _artifact(artifact: task_pb2.Artifact, files: Mapping[str, Path]) -> Row:
    row: Row = {
        "name": artifact.name,
        "file_name": artifact.file_name,
        "media_type": artifact.media_type,
        "size_bytes": artifact.size_bytes,
        "sha256": artifact.sha256,
    }
    if artifact.file_name in files:
        row["path"] = str(files[artifact.file_name])
    return row


def _task_error(error: task_pb2.TaskError) -> Row:
    return {
        "code": error.code or None,
        "reason": error.reason,
        "message": error.message,
        "retryable": error.retryable,
        "metadata": dict(error.metadata),
    }


def _callback(callback: callback_pb2.TaskCallback) -> Row:
    return {
        "url": callback.url,
        "state": callback_pb2.TaskCallbackState.Name(callback.state).removeprefix("TASK_CALLBACK_STATE_"),
        "attempts": callback.attempts,
        "last_status": callback.last_status or None,
        "last_reason": callback.last_reason or None,
        "next_attempt_time": _time(callback, "next_attempt_time"),
        "deliver_time": _time(callback, "deliver_time"),
    }


def _seconds(holder: task_pb2.Task | task_pb2.TaskProgress | task_pb2.TaskBookmark) -> float | None:
    return holder.eta.seconds + holder.eta.nanos / 1e9 if holder.HasField("eta") else None


def _time(
    holder: task_pb2.Task | task_pb2.TaskEvent | callback_pb2.TaskCallback | review_pb2.TaskReview, field: str
) -> str | None:
    if not holder.HasField(field):
        return None
    time: timestamp_pb2.Timestamp = getattr(holder, field)
    return time.ToJsonString()
