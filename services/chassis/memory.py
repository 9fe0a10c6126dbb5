"""How much memory a model's child may take, and how to know that it had too little."""

import errno
import resource

_SAID = ("DefaultCPUAllocator", "Cannot allocate memory")
"""What torch says on the CPU, in a RuntimeError: of its own allocations, and of files that it maps."""


def limit_memory(size_bytes: int) -> None:
    """Lets this process allocate so much and no more, for ever; 0 changes nothing.

    An allocation beyond it fails where it is asked for, so that a run may end with a reason; a limit from
    outside (a container's) kills instead. RLIMIT_DATA and not RLIMIT_AS: mapped files, a study of gigabytes
    among them, libraries, and addresses that CUDA only reserves are no memory (getrlimit(2)).
    """
    if size_bytes:
        resource.setrlimit(resource.RLIMIT_DATA, (size_bytes, size_bytes))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of Python, numpy or torch says that there was no memory. Imports neither of them."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(said in str(error) for said in _SAID)
