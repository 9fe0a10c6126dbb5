"""Generates the Python stubs of every proto into the hand-written package; `--check` only compares."""

import argparse
import filecmp
import importlib.resources
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"


def generate(destination: Path) -> None:
    """Writes `_pb2.py`, `_pb2.pyi`, `_pb2_grpc.py` and `_pb2_grpc.pyi` below `destination`."""
    sources = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    well_known = importlib.resources.files("grpc_tools") / "_proto"
    arguments = ["protoc", f"-I{PROTOS}", f"-I{well_known}", f"--python_out={destination}"]
    arguments += [f"--pyi_out={destination}", f"--grpc_python_out={destination}"]
    plugin = Path(sys.executable).parent / "protoc-gen-mypy_grpc"
    arguments += [f"--plugin={plugin}", f"--mypy_grpc_out=quiet:{destination}", *sources]
    if protoc.main(arguments) != 0:
        sys.exit("protoc failed")
    for folder in {Path(source).parent for source in sources}:
        for package in (folder, folder.parent):
            name = ".".join(package.parts)
            (destination / package / "__init__.py").write_text(f'"""Generated stubs of {name}."""\n')
    # A service of this name is generated for every proto; those without a service hold nothing.
    for path in destination.glob("radmesh/*/v1/*_pb2_grpc.py*"):
        if "Stub" not in path.read_text():
            path.unlink()


def differences(fresh: Path, committed: Path) -> list[str]:
    """Names of generated files that are missing, stale or left over in the committed tree."""
    found = []
    for path in sorted(fresh.rglob("*.py*")):
        name = path.relative_to(fresh)
        if not (committed / name).exists() or not filecmp.cmp(path, committed / name, shallow=False):
            found.append(f"{name} is stale")
    for path in sorted(committed.glob("radmesh/*/v1/*_pb2*.py*")):
        if not (fresh / path.relative_to(committed)).exists():
            found.append(f"{path.relative_to(committed)} has no proto any more")
    return found


def main() -> None:
    """Generates, or with `--check` exits 1 and names what differs from a fresh run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    if not parser.parse_args().check:
        generate(ROOT)
        return
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        found = differences(Path(folder), ROOT)
    if found:
        sys.exit("\n".join([*found, "run `make generate`"]))


if __name__ == "__main__":
    main()
