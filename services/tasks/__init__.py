"""Every task's state, queue, lease and event: the one service that talks to Redis."""
