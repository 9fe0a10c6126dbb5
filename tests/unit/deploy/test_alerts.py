"""The alerts: their rules hold what promtool tests, ask only for metrics that exist, and are explained."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.tools import debian_tool

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "deploy" / "prometheus"
RULES = (FOLDER / "radmesh.rules.yml").read_text()
ALERTS = re.findall(r"- alert: (\w+)", RULES)


@pytest.fixture
def promtool() -> str:
    return debian_tool("promtool", "prometheus")


@pytest.mark.parametrize(
    "command",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "radmesh.rules.yml"),
        ("test", "rules", "radmesh.rules.test.yml"),
    ],
)
def test_promtool_agrees(promtool: str, command: tuple[str, ...]) -> None:
    done = subprocess.run([promtool, *command], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_metric_that_a_rule_asks_for_exists() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text()
    shown = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    asked = set(re.findall(r"(?<![:\w])radmesh_\w+", RULES))
    assert len(asked) > 10
    assert sorted(asked - shown) == []


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_is_tested_both_ways_graded_and_explained(alert: str) -> None:
    tests = (FOLDER / "radmesh.rules.test.yml").read_text()
    assert len(re.findall(rf"alertname: {alert}\b", tests)) >= 2
    assert f"| `{alert}` |" in (ROOT / "docs" / "monitoring.md").read_text()
    rule = RULES.partition(f"- alert: {alert}\n")[2].partition("- alert:")[0]
    assert re.search(r"severity: (warning|critical)}", rule)
    assert "summary: " in rule
