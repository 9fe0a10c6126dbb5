from radmesh.models.v1 import model_pb2 as _model_pb2
from radmesh.segmentation.v1 import nnunet_pb2 as _nnunet_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NnunetImportResult(_message.Message):
    __slots__ = ("model", "configuration", "configurations", "labels", "channels")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATIONS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    model: _model_pb2.Model
    configuration: str
    configurations: _containers.RepeatedCompositeFieldContainer[NnunetConfiguration]
    labels: _containers.RepeatedCompositeFieldContainer[_nnunet_pb2.NnunetLabel]
    channels: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, model: _Optional[_Union[_model_pb2.Model, _Mapping]] = ..., configuration: _Optional[str] = ..., configurations: _Optional[_Iterable[_Union[NnunetConfiguration, _Mapping]]] = ..., labels: _Optional[_Iterable[_Union[_nnunet_pb2.NnunetLabel, _Mapping]]] = ..., channels: _Optional[_Iterable[str]] = ...) -> None: ...

class NnunetConfiguration(_message.Message):
    __slots__ = ("name", "trainer", "folds")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TRAINER_FIELD_NUMBER: _ClassVar[int]
    FOLDS_FIELD_NUMBER: _ClassVar[int]
    name: str
    trainer: str
    folds: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., trainer: _Optional[str] = ..., folds: _Optional[_Iterable[str]] = ...) -> None: ...
