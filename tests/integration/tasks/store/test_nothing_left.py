"""Random histories of everything the store keeps; once all has expired, only the documented keys are left."""

import asyncio
import contextlib
import re
import uuid
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from radmesh.errors import PipelineNotFoundError, TaskNotFoundError, WorkerNotFoundError
from services.tasks.batch_records import NewBatch, RefusedItem
from services.tasks.lifecycle import Cause, Decision, State
from services.tasks.records import Grant, ImageRecord, NewTask
from services.tasks.reviews import AskedDecision
from services.tasks.store import StoreSettings, TaskStore
from services.tasks.stuck import Attempts, Finding
from services.tasks.webhooks.records import CallbackState, MadeCall
from tests.support.store_contents import lasting_keys
from tests.support.task_records import OUTCOMES, SetClock, new_task, queue_counts

DAY = 86_400
PIPELINES = ["octa-vessels", "ct-l3"]
SHAS = ["a" * 64, "b" * 64]
CALLED = [CallbackState.DELIVERED, CallbackState.FAILED, CallbackState.PENDING]
PAGE = Path(__file__).resolve().parents[4] / "docs" / "redis.md"
STEPS = ["create", "batch", "upload", "acquire", "finish", "progress", "cancel", "time", "operate", "tell",
         "recover", "inspect", "session", "sweep", "review", "pause", "resume"]  # fmt: skip


def permanent() -> re.Pattern[str]:
    """The keys that docs/redis.md says stay."""
    section = PAGE.read_text().split("## What stays for ever")[1].split("\n## ")[0]
    named = re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)
    assert named
    return re.compile("|".join(re.escape(name).replace("PIPELINE", "[a-z0-9-]+") for name in named))


class History:
    """One history; `draw` chooses."""

    def __init__(self, store: TaskStore, clock: SetClock, draw: st.DataObject) -> None:
        self.store, self.clock, self._draw = store, clock, draw
        self.tasks: list[str] = []
        self.grants: list[Grant] = []
        self.session = 0

    def choose(self, options: list[Any]) -> Any:
        return self._draw.draw(st.sampled_from(options))

    def new(self) -> NewTask:
        task = new_task(
            pipeline=self.choose(PIPELINES),
            max_attempts=self.choose([1, 2]),
            labels=self.choose([{}, {"ward": "west"}]),
            dedupe_hash=self.choose(["", "hash"]),
            callback_url=self.choose(["", "https://pacs.example/x"]),
            callback_destination="https://pacs.example",
            queue_timeout=100,
            review_timeout=100,
        )
        self.tasks.append(task.task_id)
        return task

    async def create(self) -> None:
        await self.store.create(self.new())

    async def batch(self) -> None:
        items = (self.new(), self.new(), RefusedItem(b"refused"))
        await self.store.create_batch(NewBatch(uuid.uuid4().hex, "alice", str(uuid.uuid4()), "f", items))

    async def upload(self) -> None:
        sha256 = self.choose(SHAS)
        await self.store.record_image("alice", ImageRecord(sha256, 5, "image/png"))
        await self.store.create(new_task(images=(sha256,), queue_timeout=100))

    async def acquire(self) -> None:
        grant = await self.store.acquire("w", self.session, PIPELINES, uuid.uuid4().hex)
        if grant:
            self.grants.append(grant)

    async def finish(self) -> None:
        if self.grants:
            cause: Cause = self.choose(list(OUTCOMES))
            await self.store.finish(self.choose(self.grants).lease, **OUTCOMES[cause])

    async def progress(self) -> None:
        if self.grants:
            await self.store.report_progress(self.choose(self.grants).lease, b"p", self.choose(["", "m"]))

    async def review(self) -> None:
        """Shows a stage, and decides on whatever waits, also with a picture in the place of its file."""
        await self.store.record_image("alice", ImageRecord(SHAS[1], 5, "image/png"))
        shown, _ = await self.store.create(self.new())
        while grant := await self.store.acquire("w", self.session, PIPELINES, uuid.uuid4().hex):
            self.grants.append(grant)
            if grant.lease.task_id == shown.task_id:
                await self.store.finish(grant.lease, **OUTCOMES[Cause.REVIEW_REQUESTED], file_names=["slice"])
        for task_id in self.tasks:
            said = self.choose([Decision.ACCEPTED, Decision.REJECTED, None])
            if said is not None:
                await self.decide(task_id, said)

    async def decide(self, task_id: str, said: Decision) -> None:
        with contextlib.suppress(TaskNotFoundError):
            record = await self.store.get(task_id, "alice")
            if record.state is State.AWAITING_REVIEW:
                replaced = {"slice": SHAS[1]} if said is Decision.ACCEPTED and self.choose([1, 0]) else {}
                asked = AskedDecision(task_id, record.reviews[-1].sequence, said, "not L3", replaced)
                await self.store.review(asked, "alice")

    async def pause(self) -> None:
        """Pauses that last until somebody resumes, or until their pipeline or worker is gone."""
        for pipeline in PIPELINES:
            await self.store.introduce({pipeline: b"d"}, "sha", b"types")
        await self.store.pause_pipeline(self.choose(PIPELINES), "maintenance")
        await self.store.pause_worker("w")

    async def resume(self) -> None:
        with contextlib.suppress(PipelineNotFoundError):
            await self.store.resume_pipeline(self.choose(PIPELINES))
        with contextlib.suppress(WorkerNotFoundError):
            await self.store.resume_worker("w")

    async def cancel(self) -> None:
        for task_id in self.tasks[-1:]:
            with contextlib.suppress(TaskNotFoundError):
                await self.store.cancel(task_id, "alice")

    async def time(self) -> None:
        self.clock.advance(self.choose([1, 11, 200, DAY]))
        await self.store.tick()

    async def operate(self) -> None:
        number = await self.store.begin_audit("local", "PausePipeline", "x")
        await self.store.introduce({"octa-vessels": b"d"}, "sha", b"types")
        await self.store.pause_pipeline("octa-vessels", "maintenance")
        await self.store.resume_pipeline("octa-vessels")
        await self.store.end_audit(number, "OK", [], changed=self.choose([True, False]))

    async def tell(self) -> None:
        """Makes calls, which arrive, fail for good, are to be repeated, or are never heard of again."""
        await self.store.create(replace(self.new(), callback_url="https://pacs.example/x"))
        await self.cancel()
        for claim in (await self.store.claim_webhooks(20.0, calls=self.choose([1, 10]))).claims:
            state = self.choose([*CALLED, None])
            if state is not None:
                missed = state is CallbackState.PENDING and self.choose([True, False])
                await self.store.settle_webhook(
                    claim, MadeCall(state, delay=5.0, failures=int(missed), pause=30.0 * missed)
                )

    async def recover(self) -> None:
        async for sight in self.store.sight_all():
            for facts in sight.facts:
                await self.store.recover(facts, Finding.RUNTIME_EXCEEDED)

    async def inspect(self) -> None:
        await self.store.ask_workers(1, ["w"])
        await self.store.tell_inspection(1, "w", Attempts(frozenset(), frozenset(), True))

    async def session_again(self) -> None:
        self.session, _ = await self.store.open_session("w", [], PIPELINES)

    async def sweep(self) -> None:
        await self.store.claim_sweep(uuid.uuid4().hex, 60)

    async def expire(self) -> None:
        """Time passes until nothing is left to do."""
        await self.store.close_session("w", self.session)
        await self.pass_days()
        # What waits for a paused pipeline waits on; a pause that nobody waits for goes with its pipeline.
        for pipeline in {
            pipeline for pipeline, state in await queue_counts(self.store) if state is State.QUEUED
        }:
            await self.store.resume_pipeline(pipeline)
        await self.pass_days()
        for sha256 in await self.store.images_let_go():
            await self.store.forget_image(sha256)
        for pipeline in PIPELINES:
            with contextlib.suppress(PipelineNotFoundError):
                await self.store.delete_pipeline(pipeline)

    async def pass_days(self) -> None:
        for _ in range(12):
            self.clock.advance(2 * DAY)
            while (await self.store.tick()).deleted:
                pass
            await self.store.claim_webhooks(20.0, calls=100)


async def live(url: str, data: st.DataObject) -> None:
    with Redis.from_url(url) as client:
        client.flushall()
    clock = SetClock()
    chosen = StoreSettings(lease_seconds=10, retention_seconds=60, audit_retention_seconds=DAY)
    store = await TaskStore.open(url, chosen, clock)
    try:
        history = History(store, clock, data)
        await history.session_again()
        for step in data.draw(st.lists(st.sampled_from(STEPS), min_size=5, max_size=40)):
            done: Coroutine[Any, Any, None] = getattr(
                history, "session_again" if step == "session" else step
            )()
            await done
        await history.expire()
    finally:
        await store.close()


@pytest.mark.timeout(120)
def test_only_the_documented_keys_are_left_of_any_history(redis_url: str) -> None:
    stays = permanent()

    @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        asyncio.run(live(redis_url, data))
        assert [key for key in sorted(lasting_keys(redis_url)) if not stays.fullmatch(key)] == []

    check()
