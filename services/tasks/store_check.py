"""Looks at the store's server as `tasks` would and changes nothing: `python -m services.tasks.store_check`.

Takes the settings of `tasks`. Prints one JSON object: what the server lacks for what is promised. Exits with
1 and one line when it cannot be reached.
"""

import asyncio
import json
import sys

from pydantic import ValidationError

from radmesh.errors import RadmeshError
from services.tasks.settings import TasksSettings
from services.tasks.store import TaskStore


async def check(settings: TasksSettings) -> dict[str, object]:
    """What is printed. Raises UnavailableError."""
    store = TaskStore(settings.redis_url, settings.store_settings(), None)
    try:
        return {"shortcomings": list(await store.shortcomings())}
    finally:
        await store.close()


def main() -> None:
    """Checks and prints."""
    try:
        found = asyncio.run(check(TasksSettings()))
    except RadmeshError as error:
        sys.exit(error.message)
    except ValidationError as error:
        sys.exit("; ".join(one["msg"] for one in error.errors()))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
