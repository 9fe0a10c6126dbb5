"""Runs one replica of `tasks`: `python -m services.tasks`."""

from services.chassis.server import run
from services.tasks.service import TasksService
from services.tasks.settings import TasksSettings

if __name__ == "__main__":
    run(lambda metrics: TasksService(TasksSettings(), metrics))
