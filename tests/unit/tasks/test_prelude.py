"""The tables that Lua walks are those of the lifecycle."""

from services.tasks import prelude


def test_the_prelude_is_fresh() -> None:
    """After a change of lifecycle.py: `python -m services.tasks.prelude`."""
    assert prelude.PATH.read_text() == prelude.generate()
