"""The gRPC face of `tasks`: each servicer translates a request, calls one part, and translates back."""
