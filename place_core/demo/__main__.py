"""`python -m place_core.demo --work FOLDER --tokenizer FOLDER`: make the demo model from nothing.

Each stage writes to the work folder and goes on there when it was stopped: the VAE, the scenes as
latents, the base, the judge, the fine-tune. On two CPU cores all of it takes some hours.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..checkpoint.diffusers_model import Model, save_ldm
from ..training.config import CLIP_TOKENIZER
from ..training.tokenizer import load_tokenizer
from .autoencoder import train_autoencoder
from .base import encode_scenes, train_base
from .finetune import STEPS, run_trainer, write_captioned, write_config, write_pairs
from .latent_colors import measure_latent_colors
from .segmenter_training import train_segmenter


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m place_core.demo", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder of all stages")
    parser.add_argument("--tokenizer", default=CLIP_TOKENIZER, help="as in docs/training.md")
    options = parser.parse_args()
    work = options.work
    work.mkdir(parents=True, exist_ok=True)
    base = work / "base.safetensors"
    if not base.exists():
        make_base(work, options.tokenizer, base)
    train_segmenter(work)
    write_pairs(work / "pairs")
    write_captioned(work / "captioned")
    print(f"Wrote {fine_tune(work, 'place', options.tokenizer)}")
    return 0


def make_base(work: Path, tokenizer_name: str, target: Path) -> None:
    """The VAE, the text encoder and the UNet before they know of layouts, in one file."""
    tokenizer = load_tokenizer(tokenizer_name, None)
    autoencoder = train_autoencoder(work)
    scenes = encode_scenes(autoencoder, tokenizer, work)
    unet, text_encoder = train_base(scenes, tokenizer, work)
    model = Model(unet, autoencoder, text_encoder, latent_colors=measure_latent_colors(autoencoder))
    save_ldm(model, target, {"license": "Apache-2.0"})


def fine_tune(work: Path, name: str, tokenizer: str) -> Path:
    """Run the trainer from its command line, or go on with it; the exported model."""
    result = work / name / f"{name}-{STEPS:06}.safetensors"
    if not result.exists():
        # Relative to the current folder, for this command as for the trainer's.
        run_trainer(write_config(work, name, tokenizer), work / name)
    return result


if __name__ == "__main__":
    sys.exit(main())
