"""One DICOM file: the elements that a volume needs, the slices that they describe, their pixels."""
