"""The command line of Radmesh."""

import os

# grpc-core reads it while it is imported, so here; its log lines are not for who types a command.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
