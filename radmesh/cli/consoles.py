"""Where text for people goes."""

from rich.console import Console

# A pipe has no width; rich would fold names into 80 columns, and `grep` would not find them.
_PIPE_WIDTH = 200


def stdout() -> Console:
    """The console of results."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PIPE_WIDTH)


def stderr() -> Console:
    """The console of complaints and hints, which a pipe does not carry."""
    return Console(stderr=True, highlight=False, soft_wrap=True)
