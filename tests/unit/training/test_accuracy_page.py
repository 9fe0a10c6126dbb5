"""A command's part of docs/accuracy.md is replaced, and nothing else is touched."""

from pathlib import Path

from training.accuracy_page import write_part


def test_a_part_is_added_once_and_then_replaced(tmp_path: Path) -> None:
    page = tmp_path / "accuracy.md"
    page.write_text("# Page\n\nText.\n")
    write_part(page, "one", "first\n")
    write_part(page, "two", "other")
    write_part(page, "one", "second")
    assert page.read_text() == (
        "# Page\n\nText.\n\n<!-- one: begin -->\nsecond\n<!-- one: end -->\n\n"
        "<!-- two: begin -->\nother\n<!-- two: end -->\n"
    )
