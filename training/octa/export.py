"""Puts a trained network at rest: python -m training.octa.export checkpoints/octa/best.safetensors

Writes half precision, which halves the file; training.octa.evaluate shows that the Dice stays.
Prints the lines of model.toml that name the file.
"""

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file

from services.segmentation.octa.weights import COUNTER, load_weights

OFFICIAL = Path("models/octa-vessels/official.safetensors")


def export(source: Path, target: Path) -> None:
    """Writes the network of source to target in half precision, under our own spelling."""
    network, _ = load_weights(source)
    state = {
        name: tensor.to(torch.float16).contiguous()
        for name, tensor in network.state_dict().items()
        if not name.endswith(COUNTER)
    }
    save_file(state, target)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("--target", type=Path, default=OFFICIAL)
    options = parser.parse_args()
    export(options.source, options.target)
    _, digest = load_weights(options.target)
    print(
        f'file = "{options.target.name}"\nsha256 = "{digest}"\nsize_bytes = {options.target.stat().st_size}'
    )


if __name__ == "__main__":
    main()
