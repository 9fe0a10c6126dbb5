"""The keys that scripts are called with; `lua/keys.lua` names all the others."""

# One hash tag keeps all keys in one slot of a Cluster.
TAG = "radmesh"
_TAG = f"{{{TAG}}}:"

SCHEMA = f"{_TAG}schema"
COUNTS = f"{_TAG}counts"
FEED = f"{_TAG}feed"
FEED_NUMBER = f"{_TAG}feed-number"
SESSIONS = f"{_TAG}sessions"
LAST_TICK = f"{_TAG}last-tick"
RETENTION = f"{_TAG}retention"
UNDECIDED = f"{_TAG}undecided"
IMAGE_DELETIONS = f"{_TAG}image-deletions"
SWEEP = f"{_TAG}sweep"
AUDIT = f"{_TAG}audit"
LEASES = f"{_TAG}leases"
WEBHOOKS = f"{_TAG}webhooks"
PIPELINES = f"{_TAG}pipelines"
DEDUPE_SECRET = f"{_TAG}dedupe-secret"
PROBE = f"{_TAG}probe"
# Never written.
NEVER = f"{_TAG}never"
DESCRIPTOR_SETS = f"{_TAG}descriptor-sets"


def task(task_id: str) -> str:
    """The hash of a task."""
    return f"{_TAG}task:{task_id}"


def request(owner: str, request_id: str) -> str:
    """The hash of an owner's create."""
    return f"{_TAG}request:create:{request_id}:{owner}"


def batch(batch_id: str) -> str:
    """The hash of a batch."""
    return f"{_TAG}batch:{batch_id}"


def worker(worker_id: str) -> str:
    """The hash of a worker."""
    return f"{_TAG}worker:{worker_id}"


def image(sha256: str) -> str:
    """The hash of an image."""
    return f"{_TAG}image:{sha256}"


def owner_index(owner: str) -> str:
    """The sorted set of an owner's tasks."""
    return f"{_TAG}index:owner:{owner}"


def runtimes(pipeline: str) -> str:
    """The list of a pipeline's latest attempts."""
    return f"{_TAG}runtimes:{pipeline}"
