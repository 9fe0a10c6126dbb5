"""Train one of the two networks with nnU-Net's own trainer.

    python -m training.ct.train locate --folder /work/ct-training --name released --continue

A checkpoint is written after each epoch of 100 iterations. A run that was killed goes on with --continue. The
checkpoint names a trainer that stock nnU-Net ships, so that `nnUNetv2_predict` loads it.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from training.ct.folders import Folders
from training.ct.inputs import NETWORKS
from training.ct.plans import CONFIGURATION, dataset_of, plans_of
from training.ct.weights import put_weights


def main() -> None:
    """Train as the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", choices=sorted(NETWORKS))
    parser.add_argument("--folder", type=Path, required=True, help="as given to training.ct.prepare")
    parser.add_argument("--name", default="released", help="of this run; a folder below results")
    parser.add_argument("--iterations", type=int, default=6000)
    parser.add_argument("--epoch", type=int, default=100, help="iterations from one checkpoint to the next")
    parser.add_argument("--rate", type=float, default=1e-2, help="first learning rate")
    parser.add_argument("--phantoms-only", action="store_true", help="leave the real patient out")
    parser.add_argument(
        "--start-from", type=Path, help="a checkpoint, or a bundled model's weights, to begin with"
    )
    parser.add_argument("--continue", dest="resume", action="store_true", help="from the last checkpoint")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--full-precision", action="store_true", help="without bfloat16")
    arguments = parser.parse_args()
    folders = Folders(arguments.folder)
    folders.announce(arguments.name)
    train(folders, arguments)


def train(folders: Folders, arguments: argparse.Namespace) -> None:
    """Imports nnU-Net, which reads the environment, only now."""
    import torch

    from training.ct.trainer import trainer_class

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    network = NETWORKS[arguments.network]
    only = "phantom" if arguments.phantoms_only else ""
    kind = trainer_class(only, not arguments.full_precision)
    dataset: dict[str, Any] = dataset_of(network, len(list(folders.cases(network).glob(f"{only}*.pkl"))))
    trainer = kind(plans_of(network), CONFIGURATION, 0, dataset, torch.device("cpu"))
    trainer.num_iterations_per_epoch = arguments.epoch
    trainer.num_val_iterations_per_epoch = -(-arguments.epoch // 10)
    trainer.num_epochs = -(-arguments.iterations // arguments.epoch)
    trainer.initial_lr = arguments.rate
    trainer.save_every = 1
    latest = Path(trainer.output_folder) / "checkpoint_latest.pth"
    if arguments.resume and latest.exists():
        trainer.load_checkpoint(str(latest))
    elif arguments.start_from:
        trainer.initialize()
        put_weights(trainer.network, arguments.start_from)
    trainer.run_training()
    (Path(trainer.output_folder) / "run.json").write_text(json.dumps(vars(arguments), default=str, indent=1))


if __name__ == "__main__":
    main()
