"""Resource names: what is one, and what is said of one that is not."""

import pytest

from radmesh import names

EXAMPLES = {
    "tasks": f"tasks/{'0f' * 16}",
    "images": f"images/{'0f' * 32}",
    "uploads": f"uploads/{'0f' * 16}",
    "pipelines": "pipelines/octa-vessels",
    "models": "models/octa-vessels",
    "weights": "models/octa-vessels/weights/official",
    "artifacts": f"tasks/{'0f' * 16}/artifacts/mask.png",
}


@pytest.mark.parametrize("collection", EXAMPLES)
def test_a_name_is_read_in_its_own_collection_only(collection: str) -> None:
    readable = [other for other in EXAMPLES if names.parse(other, EXAMPLES[collection])]
    assert readable == [collection]


@pytest.mark.parametrize("collection", ["tasks", "uploads"])
def test_a_uuid_with_dashes_is_no_id_and_the_rule_says_what_is(collection: str) -> None:
    assert names.parse(collection, f"{collection}/00000000-0000-4000-8000-000000000000") is None
    assert "32 lower-case hexadecimal digits" in names.rule(collection)


@pytest.mark.parametrize("collection", ["pipelines", "models", "weights"])
def test_the_example_in_a_rule_keeps_it(collection: str) -> None:
    example = names.rule(collection).rpartition("such as ")[2].strip("`")
    assert names.parse(collection, example)


@pytest.mark.parametrize(
    ("value", "can_be"),
    [("official", True), ("v1.0_b-2", True), ("x" * 63, True), ("x" * 64, False), ("V1", False), ("", False)]
    + [(value, False) for value in ("-a", ".hidden", "../a", "a/b", "a\n", "ä")],
)
def test_an_id_of_weights_is_told_from_what_could_be_a_path(value: str, can_be: bool) -> None:
    assert names.is_weights_id(value) is can_be
