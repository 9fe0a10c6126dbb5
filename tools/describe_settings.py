"""Writes docs/settings.md: every setting of every service, from the classes; `--check` only compares."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from services.chassis.settings import ServiceSettings
from services.gateway.settings import GatewaySettings
from services.segmentation.settings import SegmentationSettings
from services.tasks.settings import TasksSettings
from tools.written_page import write_or_check

ROOT = Path(__file__).resolve().parent.parent
SERVICES: tuple[type[ServiceSettings], ...] = (GatewaySettings, TasksSettings, SegmentationSettings)
_HEAD = """# Settings

Environment variables, read once at the start of a process; one that is wrong ends it with exit code 2 and a
line that names it. Written by `make generate` from the classes in each service's `settings.py`.
"""


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    if isinstance(field.default, Path) and field.default.is_relative_to(ROOT):
        return f"`{field.default.relative_to(ROOT)}/`"
    # A secret that is not set reads as the empty text, too.
    return "" if field.default is None or not str(field.default) else f"`{field.default}`"


def _rows(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _rows(field.annotation, f"{variable}__")
        else:
            yield f"| `{variable}` | {_default(field)} | {field.description} |"


def page() -> str:
    """The page as it must be."""
    sections = [_HEAD]
    for settings in SERVICES:
        prefix = settings.model_config["env_prefix"]
        title = prefix.removeprefix("RADMESH_").strip("_").lower()
        sections.append(f"\n## {title}\n\n| variable | default | what it does |\n|---|---|---|")
        sections.extend(_rows(settings, prefix))
    return "\n".join(sections) + "\n"


if __name__ == "__main__":
    write_or_check("settings.md", page())
