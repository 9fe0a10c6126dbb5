"""What may be uploaded, and how an upload is written down."""

import uuid
from datetime import UTC, datetime

import pytest

from radmesh.blobs.v1.image_pb2 import Image
from radmesh.blobs.v1.upload_service_pb2 import CreateUploadRequest
from radmesh.errors import ImageFormatError, ImageTooLargeError, InvalidRequestError
from radmesh.tasks.v1.pipeline_pb2 import Pipeline, PipelineInput
from services.gateway.uploads import record, rules

REQUEST_ID = str(uuid.uuid4())
LIMITS = rules.Limits(1000)


def test_all_fields_that_break_their_rules_are_named_at_once() -> None:
    request = CreateUploadRequest(
        request_id="7",
        size_bytes=-1,
        sha256="A" * 64,
        file_extension="../../etc/passwd",
        pipeline="octa-vessels",
    )
    with pytest.raises(InvalidRequestError) as caught:
        rules.read_request(request)
    fields = {one.field for one in caught.value.violations}
    assert fields == {"request_id", "size_bytes", "sha256", "file_extension", "pipeline"}


@pytest.mark.parametrize("extension", [".", "png", ".p/g", ".png\x00", ".png.exe", "." + "a" * 16, ".pńg"])
def test_an_extension_is_a_dot_and_letters_or_digits(extension: str) -> None:
    request = CreateUploadRequest(request_id=REQUEST_ID, size_bytes=1, file_extension=extension)
    with pytest.raises(InvalidRequestError):
        rules.read_request(request)


def test_extensions_are_read_in_either_case() -> None:
    request = CreateUploadRequest(request_id=REQUEST_ID, size_bytes=1, file_extension=".PNG")
    assert rules.read_request(request).file_extension == ".png"


def test_a_declared_size_over_the_limit_tells_the_limit() -> None:
    with pytest.raises(ImageTooLargeError) as caught:
        rules.check_limits(rules.NewUpload(REQUEST_ID, 1 << 62), LIMITS)
    assert caught.value.metadata == {"limit_bytes": "1000"}
    rules.check_limits(rules.NewUpload(REQUEST_ID, 1000), LIMITS)


def test_an_empty_file_is_refused_as_such() -> None:
    with pytest.raises(ImageFormatError) as caught:
        rules.check_limits(rules.NewUpload(REQUEST_ID, 0), LIMITS)
    assert caught.value.reason == "EMPTY_FILE"


def test_the_limits_of_a_pipeline_go_before_the_gateways() -> None:
    named = Pipeline(input=PipelineInput(max_image_bytes=5000, media_types=["image/png"]))
    assert LIMITS.of(named) == rules.Limits(5000, ("image/png",))
    assert LIMITS.of(Pipeline()) == LIMITS


def test_requests_are_told_apart_by_everything_that_they_declare() -> None:
    base = {"size_bytes": 1, "sha256": "a" * 64, "file_extension": ".png", "pipeline": "pipelines/x"}
    other = {"size_bytes": 2, "sha256": "b" * 64, "file_extension": ".bmp", "pipeline": "pipelines/y"}
    variants = [base, *({**base, field: other[field]} for field in base)]
    assert len({rules.NewUpload(REQUEST_ID, **fields).fingerprint for fields in variants}) == 5  # type: ignore[arg-type]


def test_an_uploads_id_depends_on_owner_and_request_and_on_nothing_else() -> None:
    assert record.upload_id("ada", REQUEST_ID) == record.upload_id("ada", REQUEST_ID)
    assert record.upload_id("ada", REQUEST_ID) != record.upload_id("bob", REQUEST_ID)
    assert record.upload_id("ada", "b") != record.upload_id("adab", "")


def test_a_record_survives_being_written_and_read() -> None:
    declared = rules.NewUpload(REQUEST_ID, 5, "a" * 64, ".png", "pipelines/octa-vessels")
    image = Image(name="images/" + "a" * 64, size_bytes=5, media_type="image/png")
    image.expire_time.FromJsonString("2026-01-31T10:00:00.25Z")
    expire_time = datetime(2026, 1, 31, 9, tzinfo=UTC)
    opened = record.UploadRecord("f" * 32, "ada", declared, rules.Limits(9, ("image/png",)), expire_time)
    for written in (opened, opened.finished(image)):
        assert record.load("f" * 32, record.dump(written)) == written


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"not json", b'{"image": 5}'])
def test_what_is_not_a_record_is_not_taken_for_one(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of json's and ours
        record.load("f" * 32, content)
