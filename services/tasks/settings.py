"""The settings of `tasks`, read from `RADMESH_TASKS_*`."""

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from services.chassis.roles import OPERATORS_SETTING
from services.tasks.priority import HEAD_STARTS, Priority
from services.tasks.store.place import Kind, read_place
from services.tasks.store.settings import StoreSettings
from services.tasks.sweep.settings import SweepSettings
from services.tasks.timeouts import TimeoutPolicy, Timeouts
from services.tasks.webhooks.settings import WebhookSettings


class TasksSettings(WebhookSettings, SweepSettings):
    """What an operator can set about one replica of `tasks`."""

    model_config = SettingsConfigDict(env_prefix="RADMESH_TASKS_", frozen=True)

    listen: str = Field(
        "127.0.0.1:50052", description="Where gRPC is served: host:port. Port 0 takes a free one."
    )
    trust_principal: bool = Field(
        True, description="Whether callers are who `radmesh-principal` says. They are gateways and workers."
    )
    operators: str = Field("local", description=OPERATORS_SETTING)
    redis_url: str = Field(
        "redis://127.0.0.1:6379/0",
        description="Where Redis is: one server, Sentinels or a Cluster; docs/redis.md has the forms.",
    )
    redis_replicas: int | None = Field(
        None,
        ge=0,
        le=5,
        description="Replicas that must have a new task or a decision on disk before its call is answered. "
        "Not set: 1 with Sentinels and in a Cluster, else 0.",
    )
    redis_wait_seconds: float = Field(
        60.0, ge=0, description="Time that a start waits for Redis before it gives up."
    )
    lease_seconds: float = Field(
        15.0,
        ge=0.001,
        description="Heartbeat timeout where neither task nor pipeline sets one: time after a worker's last "
        "heartbeat at which its leases are lost.",
    )
    heartbeat_seconds: float = Field(
        3.0, ge=0.001, description="Time between the heartbeats of a worker; at most half of a lease."
    )
    queue_timeout_seconds: float = Field(
        86_400.0, ge=0.001, description="Time in the queue where neither task nor pipeline sets one."
    )
    attempt_timeout_seconds: float = Field(
        3_600.0, ge=0.001, description="Time of one attempt where neither task nor pipeline sets one."
    )
    progress_timeout_seconds: float = Field(
        600.0,
        ge=0,
        description="Time without a change in an attempt's progress where neither task nor pipeline sets "
        "one; the attempt is then tried again. Longer than any one step of a model. 0: no watch.",
    )
    review_timeout_seconds: float = Field(
        7 * 86_400.0,
        ge=0.001,
        description="Time that a review waits for a decision where neither task nor pipeline sets one.",
    )
    retention_seconds: float = Field(
        7 * 86_400.0, gt=0, description="Time that an ended task is kept before it is deleted."
    )
    image_pin_seconds: float = Field(
        86_400.0, gt=0, description="Time that an image is kept after its upload though no task needs it."
    )
    audit_retention_seconds: float = Field(
        365 * 86_400.0, gt=0, description="Time that a record of an admin call is kept."
    )
    audit_records: int = Field(
        50_000,
        ge=10,
        description="Most records of admin calls kept; at most a tenth is of calls that changed nothing.",
    )
    stat_head_start_seconds: float = Field(
        HEAD_STARTS[Priority.STAT],
        description="How far tasks of priority STAT are ahead of their time in the queue.",
    )
    urgent_head_start_seconds: float = Field(
        HEAD_STARTS[Priority.URGENT], description="The same for URGENT; at most that of STAT."
    )
    routine_head_start_seconds: float = Field(
        HEAD_STARTS[Priority.ROUTINE], description="The same for ROUTINE; at most that of URGENT."
    )
    batch_head_start_seconds: float = Field(
        HEAD_STARTS[Priority.BATCH],
        description="The same for BATCH; at most that of ROUTINE, negative to wait.",
    )
    dedupe_secret: SecretStr = Field(
        SecretStr(""),
        description="Key of the hashes that stand for dedupe keys, the same on every replica. Empty: one "
        "that is made and kept in Redis; whoever reads Redis could then try patients' ids.",
    )
    watch_limit: int = Field(20_000, ge=1, description="Watches that may be open at once.")
    bookmark_seconds: float = Field(
        15.0, gt=0, description="Silence on a watch after which a bookmark is sent."
    )
    tick_seconds: float = Field(
        0.25, gt=0, description="Longest time between two looks for what is due: time-outs, lost leases."
    )
    count_seconds: float = Field(
        2.0, gt=0, description="Time between two counts of tasks for the metrics and the ETAs."
    )
    count_times_seconds: float = Field(
        15.0, gt=0, description="The same for how long attempts waited and ran, which takes more work."
    )
    follower_pending: int = Field(
        10_000, ge=1, description="Messages kept for a gateway that reads slowly before it is cut off."
    )
    stuck_check_seconds: float = Field(
        30.0, ge=0, description="Time between two looks for stuck tasks. 0: nobody looks by itself."
    )
    stuck_recovery: bool = Field(
        True,
        description="Whether a look puts back what is stuck beyond doubt: ORPHANED, LOST_FROM_QUEUE, "
        "HEARTBEAT_EXPIRED, and WORKER_LOST by the worker's own word.",
    )
    stuck_runtime_seconds: float = Field(
        1800.0, gt=0, description="Running time from which a look counts an attempt as RUNTIME_EXCEEDED."
    )
    inspect_seconds: float = Field(
        1.0, gt=0, description="Time that workers get to say what they really run."
    )
    worker_drain_seconds: float = Field(
        1.0, ge=0, description="Time that a worker gets to leave by itself when this replica goes down."
    )

    @field_validator("redis_url")
    @classmethod
    def _is_a_place(cls, value: str) -> str:
        read_place(value)
        return value

    @field_validator("heartbeat_seconds")
    @classmethod
    def _outlived_by_a_lease(cls, value: float, others: ValidationInfo) -> float:
        lease_seconds = others.data.get("lease_seconds")
        if lease_seconds is not None and value > lease_seconds / 2:
            raise ValueError(
                f"must be at most half of lease_seconds, {lease_seconds:g}: one beat may get lost"
            )
        return value

    @field_validator("urgent_head_start_seconds", "routine_head_start_seconds", "batch_head_start_seconds")
    @classmethod
    def _behind_the_more_urgent(cls, value: float, others: ValidationInfo) -> float:
        fields = [f"{one.name.lower()}_head_start_seconds" for one in Priority]
        ahead = fields[fields.index(others.field_name or "") - 1]
        if value > others.data.get(ahead, value):
            raise ValueError(f"must be at most {ahead}, {others.data[ahead]:g}")
        return value

    def timeout_policy(self) -> TimeoutPolicy:
        """The times of a task that neither its request nor its pipeline decides, and the workers' beat."""
        defaults = Timeouts(
            queue_ms=round(self.queue_timeout_seconds * 1000),
            attempt_ms=round(self.attempt_timeout_seconds * 1000),
            heartbeat_ms=round(self.lease_seconds * 1000),
            progress_ms=round(self.progress_timeout_seconds * 1000),
            review_ms=round(self.review_timeout_seconds * 1000),
        )
        return TimeoutPolicy(defaults, beat_ms=round(self.heartbeat_seconds * 1000))

    def store_settings(self) -> StoreSettings:
        """The part of the settings that the store takes."""
        return StoreSettings(
            lease_seconds=self.lease_seconds,
            retention_seconds=self.retention_seconds,
            image_pin_seconds=self.image_pin_seconds,
            audit_retention_seconds=self.audit_retention_seconds,
            audit_records=self.audit_records,
            head_starts={
                Priority.STAT: self.stat_head_start_seconds,
                Priority.URGENT: self.urgent_head_start_seconds,
                Priority.ROUTINE: self.routine_head_start_seconds,
                Priority.BATCH: self.batch_head_start_seconds,
            },
            dedupe_secret=self.dedupe_secret.get_secret_value(),
            replicas=self._replicas(),
            webhook_seconds=self.webhook_give_up_seconds,
        )

    def _replicas(self) -> int:
        if self.redis_replicas is not None:
            return self.redis_replicas
        return 0 if read_place(self.redis_url).kind is Kind.SERVER else 1
