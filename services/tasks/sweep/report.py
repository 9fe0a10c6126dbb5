"""What a sweep did, and how it says so. Pure."""

from dataclasses import dataclass, field

_UNITS = ("bytes", "KB", "MB", "GB", "TB")


@dataclass
class SweepReport:
    """What went, or would go, and what stayed.

    deleted, freed_bytes: by kind, `image` or `artifact`. failures: files that could not be looked at or
    deleted; first_failure: the first one's key and error. more: whether the sweep stopped at its bound.
    """

    dry_run: bool = False
    deleted: dict[str, int] = field(default_factory=dict)
    freed_bytes: int = 0
    kept_files: int = 0
    failures: int = 0
    first_failure: str = ""
    more: bool = False
    young_store: bool = False

    @property
    def deleted_files(self) -> int:
        """Files of every kind that went."""
        return sum(self.deleted.values())

    def note_deleted(self, kind: str, size_bytes: int) -> None:
        """A file went."""
        self.deleted[kind] = self.deleted.get(kind, 0) + 1
        self.freed_bytes += size_bytes

    def note_failure(self, key: str, error: OSError) -> None:
        """A file could not be looked at or deleted."""
        self.failures += 1
        self.first_failure = self.first_failure or f"{key}: {error.strerror or type(error).__name__}"

    def words(self) -> str:
        """The report in a line for people."""
        went = f"{_files(self.deleted_files)} ({_size(self.freed_bytes)})"
        stayed = f"{self.kept_files} {'is' if self.kept_files == 1 else 'are'} kept"
        if self.dry_run:
            stayed = f"{self.kept_files} would be kept"
        parts = [f"{'Would delete' if self.dry_run else 'Deleted'} {went}; {stayed}."]
        if self.failures:
            parts.append(f"{_files(self.failures)} could not be swept: {self.first_failure}.")
        if self.young_store:
            parts.append("Files without a record stay for now: the store has not known this folder for long.")
        if self.more:
            parts.append("There is more: sweep again.")
        return " ".join(parts)


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"


def _size(size_bytes: float) -> str:
    for unit in _UNITS[:-1]:
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}" if unit == _UNITS[0] else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} {_UNITS[-1]}"
