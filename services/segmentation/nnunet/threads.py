"""How many threads of the CPU the networks of this process use."""

import torch


def use_threads(number: int) -> None:
    """Sets it, for every network. number: at least 1."""
    torch.set_num_threads(number)
