"""What stage 1 leaves for stage 2, as a message and back; and the location as a result shows it."""

from typing import Any

import numpy as np
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from radmesh.segmentation.v1 import ct_l3_pb2, ct_location_pb2, ct_stage_pb2
from services.segmentation.ct.locate.curve import SpineCurve
from services.segmentation.ct.locate.location import (
    Anchors,
    Covered,
    Doubt,
    DoubtKind,
    L3Location,
    Source,
)
from services.segmentation.ct.locate.sagittal import Plane

_SOURCES = {
    Source.MODEL: ct_location_pb2.L3_LOCATION_SOURCE_MODEL,
    Source.MASK: ct_location_pb2.L3_LOCATION_SOURCE_MASK,
    Source.SLICES: ct_location_pb2.L3_LOCATION_SOURCE_SLICES,
}
_FACTOR = "factor"


def location_message(location: L3Location) -> ct_location_pb2.L3Location:
    """The location without the pixels of its mask. Slices count from 1."""
    covered = location.covered
    return ct_location_pb2.L3Location(
        source=_SOURCES[location.source],
        level_mm=location.level_mm,
        low_mm=location.low_mm,
        high_mm=location.high_mm,
        centre_x_mm=location.centre_mm[0],
        centre_y_mm=location.centre_mm[1],
        first_slice=covered.first + 1,
        last_slice=covered.last + 1,
        first_instance_number=covered.first_instance,
        last_instance_number=covered.last_instance,
        middle_slice=covered.middle + 1,
        middle_instance_number=covered.middle_instance,
        confidence=location.confidence,
        doubts=[
            ct_location_pb2.CtWarning(kind=one.kind.value, message=one.message, numbers={_FACTOR: one.factor})
            for one in location.doubts
        ],
        sacrum_in_view=location.anchors.sacrum,
        last_rib_in_view=location.anchors.last_rib,
    )


def shown_location(location: ct_location_pb2.L3Location) -> dict[str, Any]:
    """The message as a document has it: every field by its name in the proto, null where it is not set.

    Numbers to a thousandth: more is noise, and would differ from one processor to the next.
    """
    found = _shown(location)
    return {field.name: found.get(field.name) for field in location.DESCRIPTOR.fields}


def shown_model(model: ct_l3_pb2.CtModel) -> dict[str, str]:
    """The same of a model."""
    found: dict[str, str] = _shown(model)
    return found


def _shown(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = _rounded(
        MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    )
    return found


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return round(value, 3) + 0.0 if isinstance(value, float) else value


def stage_message(
    location: L3Location, model: ct_l3_pb2.CtModel, inference_seconds: float
) -> ct_stage_pb2.CtL3Stage:
    """What stage 2 gets back. The location must come with plane and curve."""
    plane, curve = location.plane, location.curve
    if plane is None or curve is None:
        raise ValueError("stage 1 looks for the spine")
    return ct_stage_pb2.CtL3Stage(
        location=location_message(location),
        plane=ct_stage_pb2.CtSagittalPlane(
            top=plane.top, front=plane.front, rows=plane.rows, columns=plane.columns
        ),
        curve=ct_stage_pb2.CtSpineCurve(
            heights_mm=curve.heights_mm,
            sides_mm=curve.sides_mm,
            depths_mm=curve.depths_mm,
            trust=curve.trust,
        ),
        model=model,
        inference_seconds=inference_seconds,
    )


def plane_of(stage: ct_stage_pb2.CtL3Stage) -> Plane:
    """The plane of the stage's pictures."""
    plane = stage.plane
    return Plane(plane.top, plane.front, plane.rows, plane.columns)


def curve_of(stage: ct_stage_pb2.CtL3Stage) -> SpineCurve:
    """The spine that the stage found."""
    curve = stage.curve
    return SpineCurve(
        np.array(curve.heights_mm), np.array(curve.sides_mm), np.array(curve.depths_mm), np.array(curve.trust)
    )


def location_of(stage: ct_stage_pb2.CtL3Stage) -> L3Location:
    """The location that the stage found, but for the pixels of its mask and the other levels."""
    found = stage.location
    return L3Location(
        source=next(source for source, number in _SOURCES.items() if number == found.source),
        centre_mm=(found.centre_x_mm, found.centre_y_mm, found.level_mm),
        low_mm=found.low_mm,
        high_mm=found.high_mm,
        covered=Covered(
            found.first_slice - 1,
            found.last_slice - 1,
            found.middle_slice - 1,
            _present(found, "first_instance_number"),
            _present(found, "last_instance_number"),
            _present(found, "middle_instance_number"),
        ),
        confidence=found.confidence,
        doubts=tuple(
            Doubt(DoubtKind(one.kind), one.message, one.numbers.get(_FACTOR, 1.0)) for one in found.doubts
        ),
        anchors=Anchors(found.sacrum_in_view, found.last_rib_in_view),
        plane=plane_of(stage),
        curve=curve_of(stage),
    )


def _present(found: ct_location_pb2.L3Location, field: str) -> int | None:
    number: int = getattr(found, field)
    return number if found.HasField(field) else None
