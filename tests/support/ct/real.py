"""The real CTs that lie in `shared/` beside the checkout, or above it when the checkout is a worktree."""

from pathlib import Path

import pytest

_FOUND = [parent / "shared" / "data" / "ct" for parent in Path(__file__).resolve().parents]
CT_DATA = next((folder for folder in _FOUND if folder.is_dir()), Path("/nowhere"))

needs_ct_data = pytest.mark.skipif(not CT_DATA.is_dir(), reason="the real CTs are not here")
