"""The demo model's UNet before it knew of layouts: what the study fine-tunes.

It is in the repository, but not in the archive that ComfyUI-Manager installs. VAE and text encoder
are frozen in the fine-tune, so those of the demo model belong to it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..checkpoint.diffusers_model import Model, load_model
from ..checkpoint.files import read_tensors
from .bundled import MODEL

BASE_UNET = Path(__file__).parent / "base_unet.safetensors"


def load_base(model: Path = MODEL, unet: Path = BASE_UNET) -> Model:
    """Text to image without heads of α.

    Raises:
        CheckpointError: a file is damaged.
    """
    loaded = load_model(model)
    loaded.unet.load_state_dict({k: v.float() for k, v in read_tensors(unet).items()})
    return replace(loaded, heads=None)
