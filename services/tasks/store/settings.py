"""What an operator can set about the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.tasks.priority import HEAD_STARTS, Priority


@dataclass(frozen=True)
class StoreSettings:
    """Spans in seconds, and limits of what is kept.

    lease_seconds: time after the last heartbeat at which a worker's leases are lost.
    retention_seconds: time that an ended task is kept.
    request_id_seconds: least time that a request id is remembered.
    image_pin_seconds: time that an image is kept after its upload though no task needs it.
    audit_retention_seconds: time that a record of an admin call is kept.
    audit_records: most of those records kept; those of calls that changed nothing are at most a tenth.
    log_events: most events kept of one task; older ones are compacted away.
    batch_log_events: most events kept of one batch; older ones are compacted away.
    batch_page_events, batch_page_bytes: most events of a batch that one reading returns.
    feed_entries: about how many entries of the feed are kept for followers that lag.
    feed_event_bytes: largest event that the feed carries itself.
    page_scan: most index entries that one page of a list looks at.
    page_bytes: about how much one page of a list holds; it is short where what it lists is large.
    runtimes: ended attempts of each pipeline whose times are kept.
    failure_reasons: most reasons by which the failures of a pipeline are counted; the rest count as OTHER.
    head_starts: by priority.
    dedupe_secret: key of the hashes of dedupe keys; one that the store makes and keeps itself when empty.
    tick_items: most items that one tick treats of each kind.
    replicas: how many must have a new task or a reviewer's decision on disk before the call is answered; 0:
    there are none.
    replica_seconds: time that they get.
    webhook_calls: most webhooks that one destination gets at once.
    webhook_seconds: time after a task's end at which its webhook is given up; at most a day.
    pipelines: most pipelines that are known at once.
    descriptor_sets, descriptor_sets_bytes: most sets of result types kept, and their bytes together: new
    ones are compared with all of them.
    command_seconds: time after which a command counts as lost.
    """

    lease_seconds: float = 15.0
    retention_seconds: float = 7 * 86_400.0
    request_id_seconds: float = 86_400.0
    image_pin_seconds: float = 86_400.0
    audit_retention_seconds: float = 365 * 86_400.0
    audit_records: int = 50_000
    log_events: int = 1_000
    batch_log_events: int = 10_000
    batch_page_events: int = 500
    batch_page_bytes: int = 1 << 20
    feed_entries: int = 20_000
    feed_event_bytes: int = 16_384
    page_scan: int = 1_000
    page_bytes: int = 1 << 20
    tick_items: int = 100
    runtimes: int = 1_000
    failure_reasons: int = 100
    head_starts: Mapping[Priority, float] = field(default_factory=lambda: HEAD_STARTS)
    dedupe_secret: str = field(default="", repr=False)
    replicas: int = 0
    replica_seconds: float = 1.0
    webhook_calls: int = 8
    webhook_seconds: float = 86_400.0
    pipelines: int = 1_000
    descriptor_sets: int = 200
    descriptor_sets_bytes: int = 3 << 20
    command_seconds: float = 5.0
