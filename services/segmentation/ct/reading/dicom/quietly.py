"""Keeps pydicom from quoting headers in warnings and logs."""

import logging
import warnings
from collections.abc import Generator
from contextlib import contextmanager

from pydicom.config import disable_value_validation


@contextmanager
def quietly() -> Generator[None, None, None]:
    """While this lasts pydicom says nothing of values that break a rule: it would say them, to the log.

    What is read is judged by its readers. Changes settings of the process: not for several threads at once.
    """
    logger = logging.getLogger("pydicom")
    before = logger.disabled
    with warnings.catch_warnings(), disable_value_validation():
        warnings.simplefilter("ignore")
        logger.disabled = True
        try:
            yield
        finally:
            logger.disabled = before
