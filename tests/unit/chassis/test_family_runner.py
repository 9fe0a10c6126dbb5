"""One child runs several families: each is loaded once, the quick one at the start, others for their work."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct

from radmesh.errors import FailedPreconditionError, InferenceError
from services.chassis.families import Family, families_spec
from services.chassis.family_runner import FamilyRunner, create
from services.chassis.runner import Progress, RunOutput, Work

HERE = f"{__name__}:make"
LOADS: list[str] = []


@dataclass
class Named:
    """A runner that says its name and fails to load as often as `FAILURES` says."""

    name: str

    def load(self) -> str:
        LOADS.append(self.name)
        if FAILURES.get(self.name):
            raise FAILURES[self.name].pop()
        return f"device of {self.name}"

    def run(self, work: Work, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> RunOutput:
        result = Struct()
        result.update({"name": self.name, "pipeline": work.pipeline})
        return RunOutput(result)


FAILURES: dict[str, list[Exception]] = {}


def make(options: Mapping[str, Any]) -> Named:
    """The factory of every family here."""
    return Named(options["name"])


@pytest.fixture(autouse=True)
def _fresh() -> None:
    LOADS.clear()
    FAILURES.clear()


def family(name: str, *, at_start: bool = False) -> Family:
    """A family of two pipelines."""
    return Family((f"pipelines/{name}", f"pipelines/{name}-too"), HERE, {"name": name}, at_start)


def runner(*families: Family) -> FamilyRunner:
    """The runner as the child makes it: from JSON."""
    return create(json.loads(json.dumps(families_spec(families).options)))


def run(under_test: FamilyRunner, pipeline: str, told: list[Progress] | None = None) -> Struct:
    """One work of a pipeline; returns what the family answered."""
    work = Work("tasks/t", 1, pipeline, {}, (), "", "")
    output = under_test.run(work, (told if told is not None else []).append, lambda: False)
    assert isinstance(output, RunOutput)
    assert isinstance(output.result, Struct)
    return output.result


def test_only_families_of_the_start_are_loaded_at_the_start() -> None:
    under_test = runner(family("slow"), family("quick", at_start=True))
    assert under_test.load() == "device of quick"
    assert LOADS == ["quick"]


def test_a_family_is_loaded_once_for_its_first_work_and_says_so() -> None:
    under_test = runner(family("quick", at_start=True), family("slow"))
    under_test.load()
    told: list[Progress] = []
    assert run(under_test, "pipelines/slow", told)["name"] == "slow"
    assert [progress.stage for progress in told] == ["loading"]
    assert run(under_test, "pipelines/slow-too", told)["pipeline"] == "pipelines/slow-too"
    assert LOADS == ["quick", "slow"]
    assert len(told) == 1


def test_families_of_one_runner_keep_their_own_options() -> None:
    under_test = runner(family("left"), family("right"))
    assert under_test.load() == ""
    assert [run(under_test, f"pipelines/{name}")["name"] for name in ("left", "right")] == ["left", "right"]


def test_a_family_that_does_not_load_fails_its_work_by_name_and_the_next_work_tries_again() -> None:
    under_test = runner(family("slow"))
    FAILURES["slow"] = [
        FailedPreconditionError("its file is gone", reason="BROKEN_MODEL"),
        KeyError("secret"),
    ]
    with pytest.raises(InferenceError, match="KeyError") as unknown:
        run(under_test, "pipelines/slow")
    assert unknown.value.reason == "MODEL_LOAD_FAILED"
    assert "secret" not in unknown.value.message
    with pytest.raises(FailedPreconditionError, match="its file is gone"):
        run(under_test, "pipelines/slow")
    assert run(under_test, "pipelines/slow")["name"] == "slow"


def test_a_pipeline_of_no_family_is_refused_by_name() -> None:
    with pytest.raises(InferenceError, match="pipelines/other"):
        run(runner(family("slow")), "pipelines/other")


def test_no_pipeline_has_two_families() -> None:
    with pytest.raises(ValueError, match="pipelines/slow"):
        families_spec([family("slow"), family("slow")])
