"""The files that come with the pack: the demo model, and the judge of its pictures."""

from __future__ import annotations

from pathlib import Path

import torch

from ..checkpoint.files import read_tensors, save_tensors
from .segmenter import Segmenter

MODEL = Path(__file__).parent / "weights" / "place_demo.safetensors"
# Not beside the model: the nodes list all that lies there.
JUDGE = Path(__file__).parent / "judge.safetensors"


def load_judge(path: Path = JUDGE) -> Segmenter:
    """The judge, ready to look at pictures.

    Raises:
        CheckpointError: the file is damaged.
    """
    judge = Segmenter()
    judge.load_state_dict({k: v.float() for k, v in read_tensors(path).items()})
    return judge.eval()


def save_network(network: torch.nn.Module, path: Path) -> None:
    """Write a network in half precision.

    Raises:
        FileExistsError: the file is there already.
    """
    tensors = {k: v.detach().to("cpu", torch.float16) for k, v in network.state_dict().items()}
    save_tensors(tensors, path, {"license": "Apache-2.0"})
