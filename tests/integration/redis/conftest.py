"""Servers that tests hurt, and what goes on meanwhile."""

from tests.integration.tasks.conftest import pipeline, workers

__all__ = ["pipeline", "workers"]
