"""A replaced model is there before, after and whenever its replacement is killed."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

import pytest

from services.segmentation.nnunet.importing import replacing
from services.segmentation.nnunet.importing.install import clear_abandoned, install, workplace
from services.segmentation.nnunet.layout import MANIFEST_FILE

KILLED = """
import os, signal, sys
from pathlib import Path
from services.segmentation.nnunet.importing import install, replacing

models, exchanges, after = Path(sys.argv[1]), sys.argv[2] == "exchanges", int(sys.argv[3])

def stepped(step):
    def counted(*paths):
        global after
        found = step(*paths)
        after -= 1
        if after == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return found
    return counted

with install.workplace(models) as place:
    made = place / "model"
    made.mkdir()
    (made / "model.toml").write_text("new")
    if exchanges:
        replacing.exchanged = stepped(replacing.exchanged)
    else:
        replacing.exchanged = lambda *paths: False
        replacing.os.rename = stepped(os.rename)
    install.install(made, models / "liver", replace=True)
"""

EXCHANGES = pytest.mark.parametrize("exchanges", [True, False], ids=["exchanged", "one_after_the_other"])


def model(folder: Path, content: str) -> Path:
    folder.mkdir(parents=True)
    (folder / MANIFEST_FILE).write_text(content)
    return folder


def content(models: Path) -> str:
    return (models / "liver" / MANIFEST_FILE).read_text()


def names(models: Path) -> list[str]:
    return sorted(path.name for path in models.iterdir())


@pytest.mark.parametrize(
    ("way", "after", "stays"),
    [
        ("exchanges", 1, "new"),
        ("one after the other", 1, "old"),
        ("one after the other", 2, "new"),
        ("one after the other", 3, "new"),
    ],
)
def test_a_kill_after_any_step_leaves_one_whole_model(
    tmp_path: Path, way: str, after: int, stays: str
) -> None:
    model(tmp_path / "liver", "old")
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), way, str(after)], check=False)
    assert ended.returncode == -signal.SIGKILL
    clear_abandoned(tmp_path)
    assert content(tmp_path) == stays
    # The lock of the dead stays where nobody had to take it.
    assert set(names(tmp_path)) <= {"liver", ".replacing"}
    with workplace(tmp_path) as place:
        install(model(place / "model", "next"), tmp_path / "liver", replace=True)
    assert content(tmp_path) == "next"
    assert names(tmp_path) == ["liver"]


@EXCHANGES
def test_of_several_replacements_at_once_each_succeeds_and_one_stays(
    tmp_path: Path, exchanges: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exchanges:
        monkeypatch.setattr(replacing, "exchanged", lambda *_: False)
    model(tmp_path / "liver", "old")
    together = Barrier(4)

    def replace(number: int) -> None:
        with workplace(tmp_path) as place:
            made = model(place / "model", str(number))
            together.wait(10)
            install(made, tmp_path / "liver", replace=True)

    for turn in range(5):
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(replace, range(4 * turn, 4 * turn + 4)))
        assert int(content(tmp_path)) in range(4 * turn, 4 * turn + 4)
        assert names(tmp_path) == ["liver"]


def test_who_looks_while_folders_are_exchanged_always_sees_a_model(tmp_path: Path) -> None:
    model(tmp_path / "liver", "0")
    ended = Event()

    def look() -> int:
        missing = 0
        while not ended.is_set():
            missing += not (tmp_path / "liver" / MANIFEST_FILE).exists()
        return missing

    with ThreadPoolExecutor(1) as threads:
        looking = threads.submit(look)
        with workplace(tmp_path) as place:
            for number in range(200):
                replacing.replace_folder(model(place / str(number), str(number)), tmp_path / "liver")
        ended.set()
        assert looking.result(10) == 0


def test_a_model_that_is_half_deleted_is_not_put_back(tmp_path: Path) -> None:
    aside = tmp_path / ".replaced-liver"
    aside.mkdir()
    (aside / "official.safetensors").touch()
    clear_abandoned(tmp_path)
    assert names(tmp_path) == []


def test_what_is_being_replaced_is_not_put_back_by_who_looks(tmp_path: Path) -> None:
    model(tmp_path / ".replaced-liver", "old")
    with replacing._alone(tmp_path):
        clear_abandoned(tmp_path)
        assert ".replaced-liver" in names(tmp_path)
    clear_abandoned(tmp_path)
    assert content(tmp_path) == "old"
