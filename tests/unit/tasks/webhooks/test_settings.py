"""The settings of webhooks: what cannot be meant is told at the start, and no secret is shown."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.tasks.settings import TasksSettings

LONG, OLD = "sixteen characters", "the one before it"


def test_no_secret_means_no_webhooks() -> None:
    assert TasksSettings().webhook_secrets() == ()


def test_the_old_secret_signs_after_the_new_one() -> None:
    settings = TasksSettings(webhook_secret=LONG, webhook_old_secret=OLD)
    assert settings.webhook_secrets() == (LONG, OLD)
    assert LONG not in repr(settings)


def test_secrets_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{LONG}\n{OLD}\n\n")
    assert TasksSettings(webhook_secret_file=file).webhook_secrets() == (LONG, OLD)


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook_secret": "short"},
        {"webhook_secret_file": "nowhere"},
        {"webhook_secret_file": "empty"},
        {"webhook_secret_file": "three"},
        {"webhook_ca_file": "nowhere"},
        {"webhook_allow": "http://ris.example"},
        {"webhook_timeout_seconds": 0},
        {"webhook_give_up_seconds": 90_000},
    ],
)
def test_a_wrong_setting_is_refused(wrong: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "three").write_text(f"{LONG}\n" * 3)
    ((name, value),) = wrong.items()
    with pytest.raises(ValidationError) as refused:
        TasksSettings(**{name: tmp_path / value if name.endswith("file") else value})
    assert [error["loc"] for error in refused.value.errors()] == [(name,)]
