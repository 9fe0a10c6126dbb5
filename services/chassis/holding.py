"""When what a worker has to say may wait for more to go with it."""

LONGEST_HOLD_SECONDS = 0.02


def may_hold(messages: int, *, assigned: int, running: int, slots: int) -> bool:
    """Whether so many messages may wait: a message, and a script of `tasks`, costs more than what it says.

    assigned: attempts that the worker knows. running: of these, those that have not ended, also those that
    wait for a slot. While any of them waits no slot waits for what is said: half of the assignments are told
    while the slots work on the other half, the next ones when these are acknowledged.
    """
    waiting, told = running - slots, assigned - running - messages
    return waiting > 0 and (told > 0 or messages < waiting)
