"""Settings that are wrong are named as an operator set them."""

import pytest
from pydantic import ValidationError

from services.chassis.settings import ServiceSettings, wrong_settings
from services.gateway.settings import GatewaySettings
from services.segmentation.settings import SegmentationSettings
from services.tasks.settings import TasksSettings

CASES: list[tuple[type[ServiceSettings], str, str]] = [
    (GatewaySettings, "RADMESH_GATEWAY_LISTEN", "nowhere"),
    (GatewaySettings, "RADMESH_GATEWAY_METRICS_LISTEN", "host:70000"),
    (GatewaySettings, "RADMESH_GATEWAY_MAX_UPLOAD_BYTES", "0"),
    (TasksSettings, "RADMESH_TASKS_LEASE_SECONDS", "-1"),
    (TasksSettings, "RADMESH_TASKS_HEARTBEAT_SECONDS", "8"),
    (SegmentationSettings, "RADMESH_SEGMENTATION_DEVICE", "tpu"),
    (SegmentationSettings, "RADMESH_SEGMENTATION_OCTA__MAX_IMAGE_BYTES", "many"),
]


@pytest.mark.parametrize(("settings", "variable", "value"), CASES)
def test_a_wrong_setting_is_named_by_its_variable(
    settings: type[ServiceSettings], variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADMESH_GATEWAY_BLOBS", "file:///srv/blobs")
    monkeypatch.setenv("RADMESH_SEGMENTATION_BLOBS", "file:///srv/blobs")
    assert settings()
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError) as refused:
        settings()
    (line,) = wrong_settings(refused.value)
    assert line.startswith(f"{variable}: ")


def test_a_shorter_lease_wants_shorter_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADMESH_TASKS_LEASE_SECONDS", "2")
    monkeypatch.setenv("RADMESH_TASKS_HEARTBEAT_SECONDS", "1.5")
    with pytest.raises(ValidationError, match="half of lease_seconds, 2"):
        TasksSettings()
    monkeypatch.setenv("RADMESH_TASKS_HEARTBEAT_SECONDS", "0.5")
    assert TasksSettings()
