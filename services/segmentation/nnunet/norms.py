"""Instance norms for activations with channels last, as exact as torch's for channels first, and faster.

torch has no kernel for them: `instance_norm` copies to channels first and back, and what `group_norm` and
`batch_norm` sum in single precision one value after the other is wrong by 1e-3 for a patch of 128³ voxels,
which turned one voxel of 10,000 into another label.
"""

import torch

_BLOCK = 512
"""Voxels that are summed in single precision; what comes out is summed in double precision."""

_WORST = 9.0
"""Where the squared mean is more times the variance, squares alone leave too few digits of the latter."""


class ChannelsLastNorm(torch.nn.Module):
    """An instance norm without running statistics, of one image at a time."""

    def __init__(self, norm: torch.nn.InstanceNorm2d | torch.nn.InstanceNorm3d) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (1, channels, *sides), channels last in memory, as is what results."""
        mean, variance = moments(x.movedim(1, -1).reshape(-1, x.shape[1]))
        return torch.nn.functional.batch_norm(
            x, mean.float(), variance.float(), self.weight, self.bias, training=False, eps=self.eps
        )


def moments(voxels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and variance, of all and not of a sample, of each column: double precision.

    voxels: float32 (voxels, channels).
    """
    sums, squares = _sums(voxels)
    mean = sums / len(voxels)
    variance = squares / len(voxels) - mean * mean
    if bool((mean * mean > _WORST * variance).any()):
        centred = voxels - mean.float()
        sums, squares = _sums(centred)
        rest = sums / len(voxels)  # of the mean's rounding to single precision
        variance = (squares / len(voxels) - rest * rest).clamp_min_(0)
    return mean, variance


def _sums(voxels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Sum and sum of squares of each column, in double precision."""
    count, channels = voxels.shape
    whole = count // _BLOCK * _BLOCK
    sums = torch.zeros(channels, dtype=torch.double)
    squares = torch.zeros(channels, dtype=torch.double)
    for part in (voxels[:whole].reshape(-1, _BLOCK, channels), voxels[whole:][None]):
        if part.numel():
            sums += torch.matmul(torch.ones(1, part.shape[1]), part).double().sum((0, 1))
            # The diagonal of a product of matrices: it reads each voxel once, and no kernel does it faster.
            products = torch.bmm(part.transpose(1, 2), part)
            squares += products.diagonal(dim1=1, dim2=2).double().sum(0)
    return sums, squares
