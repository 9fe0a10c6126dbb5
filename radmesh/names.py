"""Resource names: how each is spelled, read and written."""

import re
import uuid

_PATTERNS = {
    "tasks": re.compile(r"tasks/([0-9a-f]{32})"),
    "batches": re.compile(r"batches/([0-9a-f]{32})"),
    "images": re.compile(r"images/([0-9a-f]{64})"),
    "uploads": re.compile(r"uploads/([0-9a-f]{32})"),
    "pipelines": re.compile(r"pipelines/([a-z][a-z0-9-]{0,62})"),
    "models": re.compile(r"models/([a-z][a-z0-9-]{0,62})"),
    "weights": re.compile(r"models/([a-z][a-z0-9-]{0,62})/weights/([a-z0-9][a-z0-9._-]{0,62})"),
    "workers": re.compile(r"workers/([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"),
    "artifacts": re.compile(r"tasks/([0-9a-f]{32})/artifacts/([A-Za-z0-9][A-Za-z0-9._-]{0,99})"),
}

_RULES = {
    "tasks": "must be `tasks/{task}`, 32 lower-case hexadecimal digits",
    "batches": "must be `batches/{batch}`, 32 lower-case hexadecimal digits",
    "images": "must be `images/{sha256}`, 64 lower-case hexadecimal digits",
    "uploads": "must be `uploads/{upload}`, 32 lower-case hexadecimal digits",
    "pipelines": "must be `pipelines/{pipeline}`, such as `pipelines/octa-vessels`",
    "models": "must be `models/{model}`, such as `models/octa-vessels`",
    "weights": "must be `models/{model}/weights/{weights}`, such as `models/octa-vessels/weights/official`",
    "workers": "must be `workers/{worker}`, a UUID of version 4 in lower case",
    "artifacts": "must be `tasks/{task}/artifacts/{artifact}`, such as `…/artifacts/mask.png`",
}


def rule(collection: str) -> str:
    """What a name of that collection must be, as a violation says it."""
    return _RULES[collection]


def parse(collection: str, name: str) -> tuple[str, ...] | None:
    """The ids in a resource name, or None when it is not a name of that collection.

    collection: one of `tasks`, `batches`, `images`, `uploads`, `pipelines`, `models`, `weights`, `workers`,
    `artifacts`.
    """
    match = _PATTERNS[collection].fullmatch(name)
    return match.groups() if match else None


WEIGHTS_ID_RULE = (
    "must be at most 63 lower-case letters, digits, dots, hyphens and underscores, a letter or digit first"
)


def is_weights_id(value: str) -> bool:
    """Whether a value can be the id of weights within a model."""
    return parse("weights", f"models/any/weights/{value}") is not None


def is_request_id(value: str) -> bool:
    """Whether a value is a UUID of version 4 in its canonical spelling (RFC 9562), in either case."""
    try:
        parsed = uuid.UUID(value)
    except ValueError:
        return False
    return parsed.version == 4 and parsed.variant == uuid.RFC_4122 and str(parsed) == value.lower()
