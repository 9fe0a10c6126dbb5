"""What a reviewer may say, and which image may take the place of which artifact."""

from typing import Any

import pytest

from radmesh.errors import ArtifactNotFoundError, ImageFormatError, ImageNotFoundError, InvalidRequestError
from radmesh.tasks.v1 import pipeline_pb2, review_pb2, task_pb2
from radmesh.tasks.v1.review_service_pb2 import ReviewTaskRequest
from services.tasks.lifecycle import Decision
from services.tasks.reviews import check_replacements, read_decision

TASK = f"tasks/{'a' * 32}"
IMAGE = "b" * 64
SHOWN = [task_pb2.Artifact(file_name="mask.png", media_type="image/png")]


def replacement(artifact: str = f"{TASK}/artifacts/mask.png", image: str = f"images/{IMAGE}") -> Any:
    return review_pb2.ArtifactReplacement(artifact=artifact, image=image)


def request(**changes: Any) -> ReviewTaskRequest:
    fields: dict[str, Any] = {
        "name": TASK,
        "sequence": 4,
        "decision": review_pb2.REVIEW_DECISION_ACCEPTED,
    }
    return ReviewTaskRequest(**{**fields, **changes})


def fields_of(asked: ReviewTaskRequest) -> list[str]:
    with pytest.raises(InvalidRequestError) as raised:
        read_decision(asked)
    return [violation.field for violation in raised.value.violations]


def test_a_decision_is_numbered_as_in_the_contract() -> None:
    assert {f"REVIEW_DECISION_{one.name}": one.value for one in Decision if one} == {
        name: number for name, number in review_pb2.ReviewDecision.items() if number
    }


def test_a_decision_is_read_with_its_replacements() -> None:
    found = read_decision(request(reason="fine", replacements=[replacement()]))
    assert (found.task_id, found.sequence, found.decision) == ("a" * 32, 4, Decision.ACCEPTED)
    assert (found.reason, found.replacements) == ("fine", {"mask.png": IMAGE})


def test_the_order_of_replacements_is_of_no_meaning() -> None:
    both = [replacement(), replacement(f"{TASK}/artifacts/a.png")]
    first, second = (read_decision(request(replacements=order)) for order in (both, both[::-1]))
    assert list(first.replacements) == list(second.replacements)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_rejection_says_why(reason: str) -> None:
    asked = request(decision=review_pb2.REVIEW_DECISION_REJECTED, reason=reason)
    assert fields_of(asked) == ["reason"]


def test_a_reason_may_have_lines_but_nothing_that_a_terminal_obeys() -> None:
    assert read_decision(request(reason="L3 is L4.\nThe ribs show it.")).reason.count("\n") == 1
    assert fields_of(request(reason="fine\x1b[2J")) == ["reason"]


def test_every_broken_rule_is_named_at_once() -> None:
    asked = ReviewTaskRequest(
        reason="x" * 501, replacements=[replacement("mask.png", "mask"), replacement(f"{TASK}/artifacts/.")]
    )
    assert fields_of(asked) == [
        *("name", "sequence", "decision", "reason", "replacements"),
        *("replacements[0].image", "replacements[0].artifact", "replacements[1].artifact"),
    ]


def test_replacements_are_few_each_once_and_of_this_task() -> None:
    other = replacement(f"tasks/{'c' * 32}/artifacts/mask.png")
    assert fields_of(request(replacements=[replacement(), replacement()])) == ["replacements[1].artifact"]
    assert fields_of(request(replacements=[other])) == ["replacements[0].artifact"]
    assert fields_of(request(replacements=[replacement()] * 17)) == ["replacements"]
    rejected = {"decision": review_pb2.REVIEW_DECISION_REJECTED, "reason": "wrong"}
    assert fields_of(request(**rejected, replacements=[replacement()])) == ["replacements"]


def test_a_replacement_is_of_the_media_type_of_its_artifact() -> None:
    check_replacements({"mask.png": IMAGE}, SHOWN, {IMAGE: "image/png"})
    with pytest.raises(ImageFormatError) as raised:
        check_replacements({"mask.png": IMAGE}, SHOWN, {IMAGE: "image/tiff"})
    assert raised.value.metadata == {"image": f"images/{IMAGE}", "media_type": "image/tiff"}
    assert raised.value.message.endswith("takes the place of mask.png must be image/png.")


def test_every_media_type_that_may_take_an_artifacts_place_is_named() -> None:
    mask = pipeline_pb2.PipelineArtifact(
        file_name="mask.png", replacement_media_types=["image/png", "application/x-nifti"]
    )
    check_replacements({"mask.png": IMAGE}, SHOWN, {IMAGE: "application/x-nifti"}, [mask])
    with pytest.raises(ImageFormatError, match=r"must be image/png or application/x-nifti\."):
        check_replacements({"mask.png": IMAGE}, SHOWN, {IMAGE: "image/jpeg"}, [mask])


def test_what_is_not_there_cannot_be_replaced_nor_replace() -> None:
    with pytest.raises(ArtifactNotFoundError, match=r"mask\.png"):
        check_replacements({"other.png": IMAGE}, SHOWN, {IMAGE: "image/png"})
    with pytest.raises(ImageNotFoundError):
        check_replacements({"mask.png": IMAGE}, SHOWN, {})
