"""FID: how far pictures are from photographs, as the papers measure it.

By torchmetrics with the Inception network of torch-fidelity, which has the original weights of
TensorFlow that published numbers refer to. It takes tensors, and another network in tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .errors import EvaluationError

LEAST_PICTURES = 2
"""A spread needs two."""


def load_fid(device: torch.device, network: torch.nn.Module | None = None) -> Any:
    """The measure; the weights are downloaded the first time.

    Args:
        device: where the network runs.
        network: instead of Inception: ``[B, 3, H, W]`` uint8 → ``[B, F]``.

    Raises:
        EvaluationError: a library or the weights cannot be had.
    """
    try:
        from torchmetrics.image.fid import FrechetInceptionDistance

        return FrechetInceptionDistance(2048 if network is None else network).to(device)
    except ModuleNotFoundError as error:
        raise EvaluationError(
            "FID needs torchmetrics and torch-fidelity; `pip install -e '.[evaluate]'` brings "
            "them, or leave it out: --without fid."
        ) from error
    except (OSError, RuntimeError) as error:
        from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3

        folder = Path(torch.hub.get_dir()) / "checkpoints"
        raise EvaluationError(
            f"FID needs the Inception weights, which cannot be downloaded ({error}). Put "
            f"{URL_INCEPTION_V3} into {folder}, or leave FID out: --without fid."
        ) from error


@torch.no_grad()
def measure_fid(
    fid: Any, pictures: Iterable[Tensor], photographs: Iterable[Tensor], device: torch.device
) -> float:
    """FID of two sets of pictures.

    Args:
        fid: of :func:`load_fid`.
        pictures, photographs: batches ``[B, 3, H, W]`` uint8.
        device: where the network is.

    Raises:
        EvaluationError: fewer than two pictures in a set.
    """
    fid.reset()
    for real, batches in ((False, pictures), (True, photographs)):
        count = 0
        for batch in batches:
            fid.update(batch.to(device), real=real)
            count += len(batch)
        if count < LEAST_PICTURES:
            raise EvaluationError(
                f"FID needs {LEAST_PICTURES} pictures or more, there is {count}. Raise --limit, or "
                "leave it out: --without fid."
            )
    return float(fid.compute())
