"""Errors of who somebody is, and of what that lets them do."""

from radmesh.errors.base import Code, RadmeshError


class PermissionDeniedError(RadmeshError):
    """The principal may not do this."""

    code = Code.PERMISSION_DENIED
    reason = "PERMISSION_DENIED"


class SignatureError(RadmeshError):
    """A webhook does not come from Radmesh, or comes too late; raised at its receiver."""

    code = Code.UNAUTHENTICATED
    reason = "SIGNATURE_INVALID"
