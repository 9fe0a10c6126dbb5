"""What an error says of the store."""

import pytest
from redis import exceptions

from services.tasks.store.troubles import Trouble, UnreplicatedError, trouble_of, unavailable


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (exceptions.ConnectionError("refused"), Trouble.AWAY),
        (ConnectionResetError(), Trouble.AWAY),
        (exceptions.TimeoutError(), Trouble.SLOW),
        (TimeoutError(), Trouble.SLOW),
        (exceptions.ResponseError("BUSY a script runs"), Trouble.SLOW),
        (exceptions.BusyLoadingError("loading"), Trouble.LOADING),
        (exceptions.ResponseError("LOADING the dataset"), Trouble.LOADING),
        (exceptions.ResponseError("OOM command not allowed"), Trouble.FULL),
        (exceptions.ReadOnlyError("READONLY You can't write"), Trouble.READ_ONLY),
        (exceptions.ReadOnlyError("UNBLOCKED force unblock"), Trouble.READ_ONLY),
        (exceptions.ResponseError("NOREPLICAS Not enough good replicas"), Trouble.UNREPLICATED),
        (UnreplicatedError("0 of 1"), Trouble.UNREPLICATED),
        (exceptions.ResponseError("MISCONF Errors writing to the AOF file"), Trouble.DISK_FAILING),
        (exceptions.AuthenticationError("WRONGPASS"), Trouble.DENIED),
        (exceptions.ResponseError("NOAUTH Authentication required."), Trouble.DENIED),
        (exceptions.ResponseError("NOPERM no permissions"), Trouble.DENIED),
        (exceptions.MovedError("1 h:1"), Trouble.MOVING),
        (exceptions.ResponseError("ASK 1 h:1"), Trouble.MOVING),
        (exceptions.ResponseError("TRYAGAIN Multiple keys"), Trouble.MOVING),
        (exceptions.ResponseError("CLUSTERDOWN The cluster is down"), Trouble.MOVING),
        (exceptions.ResponseError("ERR unknown command"), None),
        (exceptions.ResponseError("WRONGTYPE"), None),
    ],
)
def test_each_error_has_its_cause(error: BaseException, trouble: Trouble | None) -> None:
    assert trouble_of(error) is trouble


def test_every_cause_reaches_the_caller_with_words_and_a_time_to_wait() -> None:
    for trouble in Trouble:
        error = unavailable(trouble)
        assert (error.reason, error.metadata["cause"]) == ("STORE_UNAVAILABLE", trouble.value)
        assert error.message
        assert error.retry_after
