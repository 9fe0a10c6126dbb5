"""Dependencies point one way, and files stay short. Proven on the source itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 300
SERVICES = ("gateway", "tasks", "segmentation", "xray", "pacs")
PURE_MEASURES = (
    *(
        "body",
        "bowel",
        "cleaning",
        "conditions",
        "cutoffs",
        "document",
        "extent",
        "field",
        "figures",
        "options",
    ),
    *("sampling", "summary", "table", "tissues", "warnings"),
)
# Modules that compute on plain values: no network, no store, no model.
PURE = (
    "radmesh/names.py",
    "radmesh/webhooks.py",
    "services/chassis/tracing.py",
    *(f"services/segmentation/ct/measure/{name}.py" for name in PURE_MEASURES),
    "services/segmentation/ct/reading/geometry.py",
    "services/segmentation/ct/reading/hounsfield.py",
    "services/segmentation/ct/reading/series/gaps.py",
    "services/segmentation/ct/reading/series/stack.py",
    "services/segmentation/ct/reading/series/uniform.py",
    "services/segmentation/ct/reading/wording.py",
    "services/segmentation/ct/tall.py",
    "services/segmentation/nnunet/layout.py",
    "services/segmentation/nnunet/toml.py",
    "services/tasks/filters.py",
    "services/tasks/lifecycle.py",
    "services/tasks/records.py",
    "services/tasks/statistics.py",
    "services/tasks/stuck.py",
    "services/tasks/sweep/report.py",
    "services/tasks/sweep/rules.py",
    "services/tasks/validation.py",
    "services/tasks/webhooks/addresses.py",
    "services/tasks/webhooks/allowed.py",
    "services/tasks/webhooks/body.py",
    "services/tasks/webhooks/policy.py",
    "services/tasks/webhooks/schedule.py",
    "services/tasks/webhooks/urls.py",
)


def sources(*folders: str) -> list[Path]:
    """The hand-written modules of these folders, relative to the root."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path.relative_to(ROOT) for path in found if "_pb2" not in path.name)


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offences(paths: list[Path], *forbidden: str) -> list[str]:
    """The imports among `paths` of a forbidden module or of one below it."""
    return [
        f"{path} imports {name}"
        for path in paths
        for name in imports(path)
        for root in forbidden
        if name == root or name.startswith(f"{root}.")
    ]


def test_a_client_installs_no_service_no_torch_and_no_redis() -> None:
    assert not offences(sources("radmesh"), "services", "torch", "redis", "prometheus_client", "structlog")


@pytest.mark.parametrize("service", SERVICES)
def test_services_never_import_each_other(service: str) -> None:
    others = [f"services.{one}" for one in SERVICES if one != service]
    assert not offences(sources(f"services/{service}"), *others)


def test_the_chassis_knows_no_service() -> None:
    assert not offences(sources("services/chassis"), *(f"services.{one}" for one in SERVICES))


def test_only_tasks_talks_to_redis() -> None:
    elsewhere = [path for path in sources("services", "radmesh") if path.parts[:2] != ("services", "tasks")]
    assert not offences(elsewhere, "redis", "valkey")


def test_torch_is_imported_only_where_a_model_runs() -> None:
    models = {Path("services/segmentation") / family for family in ("octa", "nnunet")}
    elsewhere = [path for path in sources("services", "radmesh", "tools") if not models & {*path.parents}]
    assert not offences(elsewhere, "torch", "safetensors")


@pytest.mark.parametrize(
    "path", [*PURE, *map(str, sources("radmesh/errors", "services/segmentation/ct/locate"))]
)
def test_pure_modules_touch_no_edge(path: str) -> None:
    assert not offences([Path(path)], "grpc", "redis", "torch", "asyncio", "socket", "subprocess")


def test_nothing_of_the_product_imports_its_tests_or_training() -> None:
    assert not offences(sources("services", "radmesh"), "tests", "training", "bench", "tools")


@pytest.mark.parametrize("folder", ["radmesh", "services", "tests", "training", "tools", "bench", "examples"])
def test_no_file_is_longer_than_a_reader_bears(folder: str) -> None:
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path in sources(folder)}
    assert not {str(path): length for path, length in lengths.items() if length > LONGEST_FILE}


def test_every_module_says_in_its_first_line_what_it_is_for() -> None:
    silent = [
        str(path)
        for path in sources("radmesh", "services", "tools", "training", "bench")
        if (ROOT / path).read_text().strip() and not ast.get_docstring(ast.parse((ROOT / path).read_text()))
    ]
    assert not silent
