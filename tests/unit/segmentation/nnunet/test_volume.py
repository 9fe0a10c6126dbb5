"""Images become channels as nnU-Net's readers see them, and a mask comes back on their grid."""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nibabel import orientations

from radmesh.errors import ImageFormatError
from services.segmentation.ct.reading import CtLimits
from services.segmentation.nnunet.overview import overview_png
from services.segmentation.nnunet.volume import Volume, read_volume
from tests.support.ct.archives import zipped
from tests.support.ct.encoding import file_bytes
from tests.support.ct.series import ct_series, hu_volume
from tests.support.nnunet.volumes import write_nifti

SHAPE = (5, 6, 7)


def read(*paths: Path) -> Volume:
    """Channels named after their files."""
    return read_volume(paths, [path.stem for path in paths], CtLimits(), lambda number: None)


def test_values_are_those_of_the_file_whatever_they_are(tmp_path: Path) -> None:
    values = write_nifti(tmp_path / "a.nii", SHAPE)
    volume = read(tmp_path / "a.nii")
    assert np.array_equal(volume.channels[0], values)
    assert volume.geometry.spacing_mm == pytest.approx((2.0, 1.5, 1.5))
    assert volume.seen_by("SimpleITKIO")[0] is volume.channels


def test_a_scale_in_the_header_is_applied(tmp_path: Path) -> None:
    raw = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE[::-1])
    image: Any = nibabel.Nifti1Image(raw, np.eye(4))  # type: ignore[no-untyped-call]
    image.header.set_slope_inter(0.5, 100000.0)
    image.to_filename(tmp_path / "a.nii")
    stored: Any = nibabel.load(tmp_path / "a.nii")
    wanted = np.asarray(stored.dataobj).transpose(2, 1, 0)
    assert np.allclose(read(tmp_path / "a.nii").channels[0], wanted)


def test_it_is_told_which_of_several_series_was_read(tmp_path: Path) -> None:
    hu = hu_volume(6, 4, 5)
    both = [*ct_series(hu), *ct_series(hu[:4], SeriesInstanceUID="1.2.826.0.1.99", SeriesNumber=4)]
    (tmp_path / "both.zip").write_bytes(zipped([file_bytes(one) for one in both]))
    (tmp_path / "alone.zip").write_bytes(zipped([file_bytes(one) for one in both[:6]]))
    (told,) = read(tmp_path / "both.zip").warnings
    assert told.startswith("Read was series 3 of several CT series")
    assert "Left out: series 4 (4 files)." in told
    assert read(tmp_path / "alone.zip").warnings == ()


@pytest.mark.parametrize("axes", ["RAS", "LPS", "PIR", "SAL"])
def test_a_reader_that_turns_images_sees_them_as_nibabel_turns_them(tmp_path: Path, axes: str) -> None:
    """The reference: nibabel's own reorientation, which nnU-Net's NibabelIOWithReorient uses."""
    turning: Any = orientations
    rng = np.random.default_rng(3)
    plain: Any = nibabel.Nifti1Image(  # type: ignore[no-untyped-call]
        rng.normal(size=SHAPE).astype(np.float32), np.diag([1.0, 2.0, 3.0, 1.0])
    )
    there = turning.ornt_transform(turning.axcodes2ornt("RAS"), turning.axcodes2ornt(tuple(axes)))
    turned: Any = plain.as_reoriented(there)
    turned.to_filename(tmp_path / "a.nii")
    volume = read(tmp_path / "a.nii")
    seen, spacing = volume.seen_by("NibabelIOWithReorient")
    assert np.array_equal(seen[0], plain.get_fdata().transpose(2, 1, 0).astype(np.float32))
    assert spacing == pytest.approx((3.0, 2.0, 1.0))
    labels = (seen[0] > 0).astype(np.uint8)
    assert np.array_equal(volume.back(labels, "NibabelIOWithReorient"), (volume.channels[0] > 0))


def test_channels_on_other_grids_or_of_another_number_are_refused_by_name(tmp_path: Path) -> None:
    write_nifti(tmp_path / "ct.nii", SHAPE)
    write_nifti(tmp_path / "pet.nii", (5, 6, 8))
    with pytest.raises(ImageFormatError, match="Channel pet lies on another grid than ct") as caught:
        read(tmp_path / "ct.nii", tmp_path / "pet.nii")
    assert caught.value.reason == "CHANNEL_GRIDS_DIFFER"
    with pytest.raises(ImageFormatError, match=r"2 images.*CT, PET") as other:
        read_volume([tmp_path / "ct.nii"], ["CT", "PET"], CtLimits(), lambda number: None)
    assert other.value.metadata == {"needed": "2", "given": "1"}


def test_the_picture_is_the_same_for_the_same_mask_and_differs_with_it(tmp_path: Path) -> None:
    write_nifti(tmp_path / "a.nii", SHAPE)
    volume = read(tmp_path / "a.nii")
    empty = np.zeros(SHAPE, np.uint8)
    full = empty + 3
    pictures = [
        overview_png(volume.channels[0], mask, volume.geometry, notice=True) for mask in (empty, full, full)
    ]
    assert pictures[1] == pictures[2] != pictures[0]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
