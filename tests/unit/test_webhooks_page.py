"""docs/webhooks.md: its example runs, and it names every reason and setting."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from radmesh import webhooks
from services.tasks.settings import TasksSettings
from services.tasks.webhooks.schedule import CallFailure

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text()
SECRET = "the secret that both sides know"


def test_the_example_takes_a_call_of_ours_once_and_no_other() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    named: dict[str, Any] = {}
    exec(example, named)
    ended: Callable[..., int] = named["ended"]
    body = b'{"taskId":"4f","data":null,"error":{"code":0,"reason":"TASK_CANCELLED","message":"."}}'
    seen: set[str] = set()
    headers = webhooks.headers([SECRET], body, "4f")
    assert ended(headers, body, seen) == ended(headers, body, seen) == 204
    assert seen == {"4f"}
    assert ended(webhooks.headers(["another secret"], body, "4f"), body, seen) == 401


def test_every_reason_of_a_call_is_explained() -> None:
    explained = set(re.findall(r"`([A-Z_]+)`", "\n".join(re.findall(r"^\| `[A-Z].*", PAGE, re.MULTILINE))))
    assert explained >= {failure.value for failure in CallFailure} | {"NEVER_CALLED"}


def test_every_setting_that_it_names_is_one() -> None:
    named = {name.lower() for name in re.findall(r"RADMESH_TASKS_([A-Z_]+)", PAGE)}
    assert named <= set(TasksSettings.model_fields)
    assert len(named) >= 4
