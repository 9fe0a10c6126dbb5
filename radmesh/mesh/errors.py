"""What keeps a mesh from starting."""

from radmesh.errors import FailedPreconditionError


class MeshError(FailedPreconditionError):
    """The mesh cannot start or be used as asked; the message says why and what to do."""

    reason = "MESH_NOT_STARTED"
