"""`python -m place_core.demo --work FOLDER --tokenizer FOLDER`: make the demo model from nothing.

Each stage writes to the work folder and goes on there when it was stopped: the pool of rendered
pictures, the base and the decoder of the VAE, the judge, the fine-tune. With --only a stage can run
beside another one. On two CPU cores all of it takes some hours.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..checkpoint.diffusers_model import Model, save_ldm
from ..training.config import CLIP_TOKENIZER
from ..training.tokenizer import load_tokenizer
from .autoencoder import components_of, train_decoder
from .base import encode_pool, train_base
from .bundled import save_judge
from .finetune import STEPS, run_trainer, write_captioned, write_config, write_pairs
from .latent_colors import measure_latent_colors
from .pool import render_pool
from .segmenter_training import train_segmenter

BASE, JUDGE = "base.safetensors", "judge.safetensors"
STAGES = ("pool", "denoiser", "decoder", "judge", "base", "place")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m place_core.demo", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder of all stages")
    parser.add_argument("--tokenizer", default=CLIP_TOKENIZER, help="as in docs/training.md")
    parser.add_argument(
        "--only", choices=STAGES, help="this stage alone; it needs those that it is made from"
    )
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    for stage in STAGES if options.only is None else (options.only,):
        run_stage(stage, options.work, options.tokenizer)
    return 0


def run_stage(stage: str, work: Path, tokenizer_name: str) -> None:
    """Run a stage, go on with it, or read what it has left."""
    if stage == "place":
        write_pairs(work / "pairs")
        write_captioned(work / "captioned")
        print(f"Wrote {fine_tune(work, 'place', tokenizer_name)}")
        return
    pool = render_pool(work)
    components = components_of(pool)
    tokenizer = load_tokenizer(tokenizer_name, None)
    if stage == "decoder":
        train_decoder(components, pool, work)
    elif stage == "judge":
        save_judge(train_segmenter(pool, work), work / JUDGE)
    elif stage in ("denoiser", "base"):
        scenes = encode_pool(components, tokenizer, pool, work)
        unet, text_encoder = train_base(scenes, tokenizer, work)
        if stage == "base":
            vae = train_decoder(components, pool, work)
            model = Model(unet, vae, text_encoder, latent_colors=measure_latent_colors(vae))
            save_ldm(model, work / BASE, {"license": "Apache-2.0"})


def fine_tune(work: Path, name: str, tokenizer: str) -> Path:
    """Run the trainer from its command line, or go on with it; the exported model."""
    result = work / name / f"{name}-{STEPS:06}.safetensors"
    if not result.exists():
        # Relative to the current folder, for this command as for the trainer's.
        run_trainer(write_config(work, name, tokenizer), work / name)
    return result


if __name__ == "__main__":
    sys.exit(main())
