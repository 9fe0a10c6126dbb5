"""What a client of Radmesh installs: the generated stubs, the Python client, the CLI."""
