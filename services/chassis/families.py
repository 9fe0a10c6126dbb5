"""Families: the models behind a service's pipelines, as the service tells them to its one kind of child."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from services.chassis.child_process import RunnerSpec

_FACTORY = "services.chassis.family_runner:create"


@dataclass(frozen=True)
class Family:
    """One runner and the pipelines that it runs, `pipelines/{pipeline}` each.

    runner: `module:factory`; options: the JSON object for it. at_start: whether it is loaded before the child
    counts as loaded, because somebody waits for its answers; others are loaded for their first work.
    """

    pipelines: tuple[str, ...]
    runner: str
    options: Mapping[str, Any] = field(default_factory=dict)
    at_start: bool = False


def families_spec(families: Sequence[Family]) -> RunnerSpec:
    """What a child is started with to run all of these. No pipeline may stand in two of them."""
    pipelines = [pipeline for family in families for pipeline in family.pipelines]
    if len(set(pipelines)) != len(pipelines):
        raise ValueError(f"a pipeline has two families: {sorted(pipelines)}")
    return RunnerSpec(_FACTORY, {"families": [asdict(family) for family in families]})
