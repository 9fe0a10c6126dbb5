"""Where a network runs: a device that is not there is refused by name before anything is computed."""

import pytest
import torch

from services.segmentation.nnunet.devices import chosen_device
from services.segmentation.nnunet.refusals import DeviceNotFoundError


@pytest.mark.parametrize("wanted", ["cuda", "cuda:0", "cuda:7"])
def test_a_gpu_that_is_not_there_is_refused_with_what_to_ask_for(
    wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceNotFoundError, match=rf"no {wanted}\. Ask for device auto") as caught:
        chosen_device(wanted)
    assert caught.value.metadata == {"device": wanted}


def test_a_number_beyond_the_gpus_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert chosen_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(DeviceNotFoundError):
        chosen_device("cuda:2")


def test_the_cpu_is_there_and_auto_falls_back_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert chosen_device("cpu") == chosen_device("auto") == torch.device("cpu")
