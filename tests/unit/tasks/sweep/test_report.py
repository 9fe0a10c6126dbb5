"""What a sweep says to people."""

from services.tasks.sweep.report import SweepReport


def test_a_report_says_in_a_line_what_went_and_what_stayed() -> None:
    report = SweepReport(kept_files=40)
    report.note_deleted("image", 3_000_000)
    report.note_deleted("artifact", 141_000)
    assert report.words() == "Deleted 2 files (3.1 MB); 40 are kept."
    report.dry_run = True
    assert report.words() == "Would delete 2 files (3.1 MB); 40 would be kept."


def test_one_file_is_one_file() -> None:
    report = SweepReport(kept_files=1)
    report.note_deleted("image", 999)
    assert report.words() == "Deleted 1 file (999 bytes); 1 is kept."


def test_a_report_names_the_first_failure_and_says_that_there_is_more() -> None:
    report = SweepReport(more=True, young_store=True)
    report.note_failure("images/a", PermissionError(13, "Permission denied"))
    report.note_failure("images/b", OSError(30, "Read-only file system"))
    assert report.words() == (
        "Deleted 0 files (0 bytes); 0 are kept. "
        "2 files could not be swept: images/a: Permission denied. "
        "Files without a record stay for now: the store has not known this folder for long. "
        "There is more: sweep again."
    )
