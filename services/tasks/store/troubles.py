"""Why the store cannot answer now, told apart by what the server or the connection says."""

from enum import Enum

from redis import exceptions

from radmesh.errors import UnavailableError


class Trouble(Enum):
    """What is wrong, in the words of metrics, logs and the metadata `cause` of STORE_UNAVAILABLE."""

    AWAY = "away"
    SLOW = "slow"
    LOADING = "loading"
    FULL = "full"
    READ_ONLY = "read_only"
    UNREPLICATED = "unreplicated"
    DISK_FAILING = "disk_failing"
    DENIED = "denied"
    MOVING = "moving"


class UnreplicatedError(exceptions.RedisError):
    """The replicas did not say in time that they have what was written."""


_MESSAGES = {
    Trouble.AWAY: "The store of tasks cannot be reached now. Repeat the call.",
    Trouble.SLOW: "The store of tasks does not answer in time. Repeat the call.",
    Trouble.LOADING: "The store of tasks has just started and reads its files. Repeat the call.",
    Trouble.FULL: "The store of tasks is full and takes nothing new. Repeat the call later.",
    Trouble.READ_ONLY: "The store of tasks is read-only now: another server takes over. Repeat the call.",
    Trouble.UNREPLICATED: "The store of tasks has too few replicas in step now. Repeat the call.",
    Trouble.DISK_FAILING: "The store of tasks cannot write to its disk. Repeat the call later.",
    Trouble.DENIED: "The store of tasks refuses the credentials of this mesh. Repeat the call later.",
    Trouble.MOVING: "The store of tasks moves to another server. Repeat the call.",
}
# These last until somebody acts: no use in asking every second.
_LASTING = {Trouble.FULL, Trouble.DISK_FAILING, Trouble.DENIED}

# The first word of an error answer. What is not here is a wrong command: a fault of ours.
_BY_WORD = {
    "LOADING": Trouble.LOADING,
    "READONLY": Trouble.READ_ONLY,
    "UNBLOCKED": Trouble.READ_ONLY,
    "OOM": Trouble.FULL,
    "MISCONF": Trouble.DISK_FAILING,
    "NOREPLICAS": Trouble.UNREPLICATED,
    "BUSY": Trouble.SLOW,
    "NOAUTH": Trouble.DENIED,
    "WRONGPASS": Trouble.DENIED,
    "NOPERM": Trouble.DENIED,
    "MASTERDOWN": Trouble.AWAY,
    "CLUSTERDOWN": Trouble.MOVING,
    "TRYAGAIN": Trouble.MOVING,
    "ASK": Trouble.MOVING,
}
# The order matters: redis-py makes most of these a kind of ConnectionError.
_BY_TYPE: tuple[tuple[type[BaseException], Trouble], ...] = (
    (UnreplicatedError, Trouble.UNREPLICATED),
    (exceptions.AskError, Trouble.MOVING),  # MOVED as well
    (exceptions.AuthenticationError, Trouble.DENIED),
    (exceptions.NoPermissionError, Trouble.DENIED),
    (exceptions.BusyLoadingError, Trouble.LOADING),
    (exceptions.TimeoutError, Trouble.SLOW),
    (TimeoutError, Trouble.SLOW),
    (exceptions.ConnectionError, Trouble.AWAY),
    (OSError, Trouble.AWAY),
)


def trouble_of(error: BaseException) -> Trouble | None:
    """What an error says of the server; None when the command itself was wrong."""
    for kind, trouble in _BY_TYPE:
        if isinstance(error, kind):
            return trouble
    if isinstance(error, exceptions.ResponseError):
        return _BY_WORD.get(str(error).partition(" ")[0])
    return None


def unavailable(trouble: Trouble) -> UnavailableError:
    """The error that a caller gets."""
    return UnavailableError(
        _MESSAGES[trouble],
        reason="STORE_UNAVAILABLE",
        metadata={"cause": trouble.value},
        retry_after=5.0 if trouble in _LASTING else 1.0,
    )
