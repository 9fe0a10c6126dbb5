"""Pipeline `ct-l3` as the catalogue shows it."""

from collections.abc import Sequence
from pathlib import Path

from google.protobuf import struct_pb2

from radmesh import formats
from radmesh.segmentation.v1 import ct_l3_pb2
from radmesh.tasks.v1 import pipeline_pb2
from services.chassis.models import ModelManifest, read_manifest
from services.segmentation.ct import files
from services.segmentation.ct.settings import CtSettings
from services.segmentation.ct.study_input import study_input
from services.segmentation.nnunet.layout import MANIFEST_FILE

NAME = "pipelines/ct-l3"
LOCATE_MODEL, MEASURE_MODEL = "ct-l3-locate", "ct-l3-measure"
MASK_TYPES = (files.PNG, formats.NIFTI, formats.NIFTI_GZIP)

RANGE = r"[0-9]{1,6}:[0-9]{1,6}"
WINDOW = r"-?[0-9]{1,4}:-?[0-9]{1,4}"

_STRING = pipeline_pb2.PIPELINE_PARAMETER_TYPE_STRING
_NUMBER = pipeline_pb2.PIPELINE_PARAMETER_TYPE_NUMBER
_BOOLEAN = pipeline_pb2.PIPELINE_PARAMETER_TYPE_BOOLEAN
_IMAGE = pipeline_pb2.PIPELINE_PARAMETER_TYPE_IMAGE
_NOTHING = struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
_Parameter = pipeline_pb2.PipelineParameter


def missing_models(models: Path) -> tuple[str, ...]:
    """Which of its models the folder lacks; without both the pipeline is not offered."""
    return tuple(
        name for name in (LOCATE_MODEL, MEASURE_MODEL) if not (models / name / MANIFEST_FILE).is_file()
    )


def is_served(models: Path) -> bool:
    """Whether the folder of models holds both networks."""
    return not missing_models(models)


def read_manifests(models: Path) -> tuple[ModelManifest, ...]:
    """Those of both networks, the one that measures first. Raises BrokenModelError."""
    return tuple(read_manifest(models / name) for name in (MEASURE_MODEL, LOCATE_MODEL))


def describe(settings: CtSettings, manifests: Sequence[ModelManifest]) -> pipeline_pb2.Pipeline:
    """The description that the worker's hello carries. manifests: the one that measures first."""
    pipeline = pipeline_pb2.Pipeline(
        name=NAME,
        title="CT body composition at L3",
        description=(
            "Finds the third lumbar vertebra on the mid-sagittal plane, lets a person look, and measures "
            "muscle and fat in every axial slice of it: areas, Hounsfield units, indices for the height."
        ),
        input=study_input(settings),
        parameters=[*_way(), *_patient(), *_windows()],
        artifacts=[
            pipeline_pb2.PipelineArtifact(
                file_name=one.file_name,
                media_type=one.media_type,
                description=one.description,
                replacement_media_types=MASK_TYPES if one.file_name == files.L3_MASK else (),
            )
            for one in files.ARTIFACTS
        ],
        result_type=ct_l3_pb2.CtL3Result.DESCRIPTOR.full_name,
        models=[manifest.to_proto() for manifest in manifests],
        one_task_per_study=True,
        demonstrator=any(manifest.demonstrator for manifest in manifests),
    )
    settings.describe(pipeline)
    return pipeline


def _way() -> list[_Parameter]:
    """How a task goes: with a review or without, and from which L3."""
    return [
        _Parameter(
            name="auto_continue",
            description=(
                "Measure without a review, unless the level is unanchored or unsure, the study ends at it or "
                "there seem to be more or fewer than five lumbar vertebrae."
            ),
            type=_BOOLEAN,
            default_value=struct_pb2.Value(bool_value=False),
        ),
        _Parameter(
            name="l3_mask",
            description=(
                "L3 as a mask, in the place of stage 1: PNG over the study's sagittal.png, or NIfTI in the "
                "study's geometry."
            ),
            type=_IMAGE,
            media_types=MASK_TYPES,
            default_value=_NOTHING,
        ),
        _Parameter(
            name="slice_range",
            description=(
                "The slices of L3 as A:B or B:A, both included, in the place of stage 1: DICOM instance "
                "numbers, as the pictures show them; counted from 1 where the series has none."
            ),
            type=_STRING,
            pattern=RANGE,
            default_value=_NOTHING,
            reviewable=True,
        ),
    ]


def _patient() -> list[_Parameter]:
    """What is better known of the patient than by the header, or at all."""
    return [
        _optional_number("height_m", "Height of the patient, in the place of the header's.", 0.5, 2.5, "m"),
        _optional_number("weight_kg", "Weight of the patient, in the place of the header's.", 2, 500, "kg"),
        _Parameter(
            name="sex",
            description="Sex of the patient for published cut-offs, in the place of the header's.",
            type=_STRING,
            allowed_values=["F", "M"],
            default_value=_NOTHING,
            reviewable=True,
        ),
    ]


def _windows() -> list[_Parameter]:
    """Hounsfield windows, as LOW:HIGH."""
    return [
        _window("muscle_window", "Hounsfield window of muscle.", "-29:150"),
        _window("subcutaneous_fat_window", "Hounsfield window of subcutaneous fat.", "-190:-30"),
        _window(
            "visceral_fat_window",
            "Hounsfield window of visceral fat; many readers use -190:-30.",
            "-150:-50",
        ),
        _window("intermuscular_fat_window", "Hounsfield window of fat in and between muscles.", "-190:-30"),
    ]


def _optional_number(name: str, description: str, least: float, most: float, unit: str) -> _Parameter:
    return _Parameter(
        name=name,
        description=description,
        type=_NUMBER,
        min_value=least,
        max_value=most,
        unit=unit,
        default_value=_NOTHING,
        reviewable=True,
    )


def _window(name: str, description: str, default: str) -> _Parameter:
    return _Parameter(
        name=name,
        description=description,
        type=_STRING,
        pattern=WINDOW,
        unit="HU",
        default_value=struct_pb2.Value(string_value=default),
        reviewable=True,
    )
