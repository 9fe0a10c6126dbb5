"""Where text for people goes."""

import re
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

# A pipe has no width; rich would fold names into 80 columns, and `grep` would not find them.
_PIPE_WIDTH = 200

# Of C0 all but tab and line feed, DEL, C1, and what turns the direction of the text that follows.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class PlainConsole(Console):
    """A console on which text is text: what a file's header or a server says can command no terminal.

    Only rich's own control codes pass, which are no text.
    """

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """See Console."""
        for segment in super().render(renderable, options):
            if segment.control or not _COMMANDS.search(segment.text):
                yield segment
            else:
                yield Segment(_COMMANDS.sub("", segment.text), segment.style)


def stdout() -> Console:
    """The console of results."""
    console = PlainConsole(highlight=False)
    return console if console.is_terminal else PlainConsole(highlight=False, width=_PIPE_WIDTH)


def stderr() -> Console:
    """The console of complaints and hints, which a pipe does not carry."""
    return PlainConsole(stderr=True, highlight=False, soft_wrap=True)
