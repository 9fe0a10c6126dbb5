"""The files of an upload: what each is, archives of them, and their bytes without a copy."""
