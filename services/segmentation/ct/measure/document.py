"""`result.json`: the measurement as a document, its schema versioned."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.segmentation.ct.measure.cutoffs import Comparison
from services.segmentation.ct.measure.figures import Figures
from services.segmentation.ct.measure.result import L3Measurement, SliceMeasurement
from services.segmentation.ct.measure.tissues import Compartment, Tissue, TissueLabel
from services.segmentation.pictures.notice import NOTICE

SCHEMA = "radmesh.ct-l3.measure/2"
"""The number after the slash grows when a reader of the last one could misread the document."""


@dataclass(frozen=True)
class Origin:
    """Where the figures come from, taken over into the document as it is.

    made_by: software version, and model, weights and digest of what measured. location, models: as the typed
    result has them, by the same names.
    """

    made_by: Mapping[str, str] = field(default_factory=dict)
    location: Mapping[str, Any] = field(default_factory=dict)
    models: Sequence[Mapping[str, str]] = ()


def result_json(measurement: L3Measurement, origin: Origin) -> bytes:
    """The document, UTF-8. Fields that are unknown are null. No name, id or birth date of the patient."""
    document = {
        "schema": SCHEMA,
        "notice": NOTICE,
        "made_by": dict(origin.made_by),
        "models": [dict(one) for one in origin.models],
        "location": dict(origin.location),
        "headline": _slice(measurement.headline, measurement),
        "slices": [_slice(one, measurement) for one in measurement.slices],
        "volumes": {
            tissue.value: {
                "volume_cm3": _rounded(volume.volume_cm3),
                "mean_hu": _rounded(volume.mean_hu),
            }
            for tissue, volume in measurement.volumes.items()
        },
        "indices_cm2_m2": {
            tissue.value: _rounded(value) for tissue, value in measurement.indices_cm2_m2.items()
        },
        "comparisons": [_comparison(one) for one in measurement.comparisons],
        "patient": _patient(measurement),
        "acquisition": _acquisition(measurement),
        "windows_hu": {
            tissue.value: [window.low_hu, window.high_hu]
            for tissue in Tissue
            for window in (measurement.options.windows.of(tissue),)
        },
        "bowel_content_excluded": measurement.options.exclude_bowel_content,
        "labels": {
            "compartments.nii.gz": {str(int(one)): one.name.lower() for one in Compartment},
            "tissues.nii.gz": {str(int(one)): one.name.lower() for one in TissueLabel},
        },
        "warnings": [
            {"kind": one.kind.value, "message": one.message, "numbers": one.numbers}
            for one in measurement.warnings
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _slice(one: SliceMeasurement, measurement: L3Measurement) -> dict[str, Any]:
    return {
        "slice_index": one.place.index,
        "instance_number": one.instance,
        "z_mm": _rounded(one.place.z_mm),
        "l3_height_mm": _rounded(one.place.height_mm),
        "tissues": {
            tissue.value: {**_figures(figures), "lower_bound": one.is_lower_bound(tissue)}
            for tissue, figures in one.tissues.items()
        },
        "muscle_compartment": _figures(one.muscle_compartment),
        "psoas_compartment": _figures(one.psoas_compartment),
        "field_contact_mm": _rounded(one.field.skin_mm),
        "field_contact_deep_mm": _rounded(one.field.deep_mm),
        "noise_hu": _rounded(one.noise_hu),
        "metal_mm2": _rounded(one.metal_mm2),
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "pixels": figures.pixels,
        "area_mm2": _rounded(figures.area_mm2),
        "mean_hu": _rounded(figures.mean_hu),
        "sd_hu": _rounded(figures.sd_hu),
        "min_hu": figures.min_hu,
        "max_hu": figures.max_hu,
    }


def _comparison(one: Comparison) -> dict[str, Any]:
    cutoff = one.cutoff
    return {
        "quantity": cutoff.quantity.value,
        "value": _rounded(one.value),
        "cutoff": cutoff.at,
        "below": one.below,
        "sex": cutoff.sex.value,
        "bmi_from": cutoff.bmi_from,
        "bmi_below": cutoff.bmi_below,
        "citation": cutoff.publication.citation,
        "doi": cutoff.publication.doi,
        "people": cutoff.publication.people,
        "checked": cutoff.publication.checked,
    }


def _patient(measurement: L3Measurement) -> dict[str, Any]:
    body = measurement.body
    return {
        "height_m": body.height_m,
        "height_source": body.height_source,
        "weight_kg": body.weight_kg,
        "weight_source": body.weight_source,
        "bmi_kg_m2": _rounded(body.bmi),
        "sex": body.sex,
        "sex_source": body.sex_source,
    }


def _acquisition(measurement: L3Measurement) -> dict[str, Any]:
    making = measurement.making
    return {
        "series_number": making.series,
        "kvp": making.kvp,
        "kernel": making.kernel or None,
        "contrast": making.contrast or None,
        "thickness_mm": making.thickness_mm,
        "oblique_degrees": _rounded(measurement.oblique_degrees),
        "l3_missing_mm": _rounded(measurement.missing_mm),
    }


def _rounded(value: float | None) -> float | None:
    """To a thousandth: more is noise, and would differ from one processor to the next."""
    return None if value is None else round(value, 3) + 0.0
