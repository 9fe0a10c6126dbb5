"""Stage 2 of ct-l3: the figures of L3, its files and its typed result."""

from dataclasses import dataclass

from radmesh.segmentation.v1.ct_l3_pb2 import CtL3Result, CtModel
from services.chassis.runner import OutputFile
from services.segmentation.ct.course import Course
from services.segmentation.ct.locate.location import L3Location
from services.segmentation.ct.measure import L3Extent, MeasureOptions, Origin, measure_files, measure_l3
from services.segmentation.ct.messages import acquisition_of, add_measurement
from services.segmentation.ct.networks import PartNetwork
from services.segmentation.ct.reading import CtImage
from services.segmentation.ct.stage_messages import location_message, shown_location, shown_model


@dataclass(frozen=True)
class Measuring:
    """What is measured, where, how, and by what. located_by: the model of stage 1, where it found L3."""

    image: CtImage
    location: L3Location
    options: MeasureOptions
    network: PartNetwork
    version: str
    located_by: CtModel | None = None


def measured(measuring: Measuring, course: Course, begin: float) -> tuple[CtL3Result, tuple[OutputFile, ...]]:
    """Result and files. begin: how much of the run is done by now. Raises what measure_l3 raises."""
    image, location, network = measuring.image, measuring.location, measuring.network
    turn = begin + (1.0 - begin) * 0.8
    measurement, pixels = measure_l3(
        image,
        L3Extent(location.low_mm, location.high_mm, location.centre_mm),
        network.scores,
        measuring.options,
        course.part("measuring", "slices", begin, turn),
    )
    model = network.message()
    models = [model] if measuring.located_by is None else [measuring.located_by, model]
    told = location_message(location)
    origin = Origin(
        {
            "software_version": measuring.version,
            "model": model.model,
            "weights": model.weights,
            "weights_digest": model.weights_digest,
        },
        shown_location(told),
        [shown_model(one) for one in models],
    )
    written = measure_files(measurement, pixels, origin, course.part("writing", "files", turn, 1.0))
    result = CtL3Result(
        location=told,
        acquisition=acquisition_of(image),
        models=models,
        inference_seconds=network.seconds,
        software_version=measuring.version,
    )
    add_measurement(result, measurement)
    return result, tuple(OutputFile(one.file_name, one.media_type, content) for one, content in written)
