"""docs/body-composition.md says what the code does."""

from pathlib import Path

from services.segmentation.ct.files import MEASURED, USED
from services.segmentation.ct.measure import Windows
from services.segmentation.ct.measure.cutoffs import CUTOFFS
from services.segmentation.ct.measure.document import SCHEMA
from services.segmentation.ct.measure.result import WarningKind
from services.segmentation.ct.measure.tissues import Tissue

PAGE = (Path(__file__).resolve().parents[5] / "docs" / "body-composition.md").read_text()


def test_every_warning_file_and_window_is_explained() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    for kind in WarningKind:
        assert any(f"`{kind.value}`" in row for row in rows)
    for tissue in Tissue:
        window = str(Windows().of(tissue)).removesuffix(" HU")
        assert any(row.startswith(f"| {tissue.value.replace('_', ' ')} |") and window in row for row in rows)
    for artifact in (*USED, *MEASURED):
        assert artifact.file_name in PAGE or artifact.file_name.startswith("overlay_")
    assert SCHEMA in PAGE


def test_every_cut_off_stands_there_with_its_source() -> None:
    for cutoff in CUTOFFS:
        assert f"https://doi.org/{cutoff.publication.doi}" in PAGE
        assert f"{cutoff.at}" in PAGE


def test_it_is_told_where_every_figure_was_read() -> None:
    for publication in {cutoff.publication for cutoff in CUTOFFS}:
        name = publication.citation.split(" et al")[0]
        if publication.checked == "abstract":
            assert name in PAGE.split("were checked against their abstracts")[0].rsplit("\n\n", 1)[1]
            continue
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| {name} "))
        places = [word.strip(",") for word in publication.checked.split() if "." in word or "PMC" in word]
        assert places
        assert all(place in row for place in places)
