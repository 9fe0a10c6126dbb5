"""What makes two studies one: patient and date, read from the head of one file and never shown."""

import io
import random
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)

from radmesh.client import study_key
from radmesh.client.dicom_head import read_head

SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)


def dicom(patient: str = "P-1", date: str = "20240131", syntax: UID = ExplicitVRLittleEndian) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, generate_uid()
    meta.TransferSyntaxUID = syntax
    found = FileDataset(
        "", {}, file_meta=meta, preamble=b"\0" * 128, is_little_endian=syntax.is_little_endian
    )
    found.SOPClassUID, found.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    found.StudyDate, found.PatientID, found.StudyInstanceUID = date, patient, "1.2.3"
    inner = Dataset()
    inner.ReferencedSOPInstanceUID = "1.2.3.4"
    inner.PatientID = "inner"
    inner.is_undefined_length_sequence_item = True
    found.ReferencedStudySequence = Sequence([inner])
    found["ReferencedStudySequence"].is_undefined_length = True
    found.PixelData = bytes(64)
    found["PixelData"].VR = "OW"
    content = io.BytesIO()
    dcmwrite(content, found, enforce_file_format=True)
    return content.getvalue()


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda one: one.name)
def test_every_syntax_gives_the_same_key(tmp_path: Path, syntax: UID) -> None:
    one, other = tmp_path / "a", tmp_path / "b"
    one.write_bytes(dicom(syntax=syntax))
    other.write_bytes(dicom())
    assert study_key(one) == study_key(other) != ""


def test_a_folder_and_archives_of_a_study_have_its_key(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    (folder / "deep").mkdir(parents=True)
    (folder / "README.txt").write_text("no DICOM")
    (folder / "deep" / "IM1").write_bytes(dicom())
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.writestr("README", "none")
        archive.writestr("IM1", dicom())
    for name in ("one.tar", "one.tar.gz"):
        with tarfile.open(tmp_path / name, "w:gz" if name.endswith("gz") else "w") as packed:
            packed.add(folder, "study")
    keys = {study_key(tmp_path / name) for name in ("export", "one.zip", "one.tar", "one.tar.gz")}
    assert keys == {study_key([folder / "deep" / "IM1"])}


def test_another_patient_or_date_is_another_study(tmp_path: Path) -> None:
    keys = set()
    for patient, date in (
        ("P-1", "20240131"),
        ("P-2", "20240131"),
        ("P-1", "20240201"),
        ("P-12", "20240131"),
    ):
        (tmp_path / "file").write_bytes(dicom(patient, date))
        keys.add(study_key(tmp_path / "file"))
    assert len(keys) == 4


def test_patients_without_an_id_are_told_apart_by_their_studies(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(dicom(patient=""))
    unnamed = study_key(tmp_path / "file")
    (tmp_path / "file").write_bytes(dicom(patient="1.2.3", date=""))
    assert unnamed == study_key(tmp_path / "file") != ""


def test_a_key_holds_nothing_of_the_patient_and_fits_the_contract(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(dicom("Smith-4711"))
    key = study_key(tmp_path / "file")
    assert len(key) <= 200
    assert not any(part in key for part in ("Smith", "4711", "20240131"))


def test_what_is_no_dicom_has_no_key(tmp_path: Path) -> None:
    (tmp_path / "volume.nii").write_bytes(bytes(348))
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    (tmp_path / "broken.tgz").write_bytes(b"\x1f\x8b" + bytes(100))
    assert study_key(tmp_path) == ""


def test_damaged_archives_have_a_key_or_none_and_end_quietly(tmp_path: Path) -> None:
    rng, path = random.Random(5), tmp_path / "damaged.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("I1", dicom())
        archive.writestr("I2", rng.randbytes(3000))
    whole, key = path.read_bytes(), study_key(path)
    for _ in range(300):
        broken = bytearray(whole)
        for _ in range(rng.choice([1, 8])):
            broken[rng.choice([rng.randrange(len(broken)), rng.randrange(60, 400)])] = rng.randrange(256)
        path.write_bytes(broken)
        study_key(path)
    path.write_bytes(whole)
    assert study_key(path) == key != ""


def test_hostile_heads_end_quietly() -> None:
    rng, wanted = random.Random(5), {(0x0010, 0x0020)}
    whole = dicom()
    for cut in range(132, len(whole), 7):
        read_head(whole[:cut], wanted)
    for _ in range(300):
        broken = bytearray(whole)
        for _ in range(8):
            broken[rng.randrange(132, len(broken))] = rng.randrange(256)
        read_head(bytes(broken), wanted)
    sequence = b"\x08\x00\x10\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    nested = bytes(128) + b"DICM" + sequence * 9999
    assert read_head(nested, wanted) == {}
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    bomb = deflater.compress(bytes(64 << 20)) + deflater.flush()
    meta = dicom(syntax=DeflatedExplicitVRLittleEndian)[:400]
    end = meta.index(b"1.2.840.10008.1.2.1.99") + 22
    assert read_head(meta[:end] + bomb, wanted) == {}
