"""`python -m place_core.demo --work FOLDER --tokenizer FOLDER`: make the demo model from nothing.

Each stage writes to the work folder and goes on there when it was stopped: the pool of rendered
pictures, the denoiser of the base, the decoder of the VAE, the judge, denoiser and decoder in one
file, the pictures of the fine-tune, the fine-tune on details and then on scenes. With --only a
stage can run beside another one. How long they learn is in recipe.py: some hours on two CPU cores,
about one on a GPU.

`--only bundled` takes base and judge from this repository instead of training them: what the study
needs in the work folder.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from diffusers import UNet2DConditionModel
from transformers import CLIPTextModel

from ..checkpoint.diffusers_model import Model, save_ldm
from ..training.config import CLIP_TOKENIZER
from ..training.export import result_path
from ..training.tokenizer import load_tokenizer
from .autoencoder import components_of, train_decoder
from .base import encode_pool, train_base
from .bundled import load_judge, save_network
from .bundled_base import load_base
from .components import Components
from .finetune import DETAILS, run_trainer, write_captioned, write_config, write_pairs
from .latent_colors import measure_latent_colors
from .loop import training_device
from .pool import DETAIL_POOL, Pool, render_pool
from .recipe import Recipe, Training, recipe_for
from .segmenter_training import train_segmenter

BASE, JUDGE = "base.safetensors", "judge.safetensors"
_DETAILS = "pool_details"
_LICENSE = {"license": "Apache-2.0"}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m place_core.demo",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--work", type=Path, required=True, help="folder of all stages")
    parser.add_argument("--tokenizer", default=CLIP_TOKENIZER, help="as in docs/training.md")
    parser.add_argument(
        "--only",
        choices=(*STAGES, "bundled"),
        help="this stage alone; it makes what is missing of those that it needs",
    )
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    if options.only == "bundled":
        take_bundled(options.work, options.tokenizer)
        return 0
    for name, run in STAGES.items():
        if options.only in (None, name):
            run(options.work, options.tokenizer)
    return 0


def make_pool(work: Path, tokenizer: str) -> None:
    """Render the pictures that all stages but the fine-tune learn from, and details of scenes."""
    _pool(work)
    _pool_of_details(work)


def make_denoiser(work: Path, tokenizer: str) -> None:
    """Train UNet and text encoder, plain text to image."""
    _train_base(work, tokenizer)


def make_decoder(work: Path, tokenizer: str) -> None:
    """Train the decoder of the VAE."""
    pool = _pool(work)
    train_decoder(components_of(pool), pool, work, _recipe().decoder)


def make_judge(work: Path, tokenizer: str) -> None:
    """Train the segmenter that looks at the model's pictures."""
    if not (work / JUDGE).exists():
        judge = train_segmenter(_pool(work), work, _recipe().judge)
        save_network(judge, work / JUDGE)


def make_base(work: Path, tokenizer: str) -> None:
    """The model before it knows of layouts, in one file."""
    if (work / BASE).exists():
        return
    unet, text_encoder = _train_base(work, tokenizer)
    pool = _pool(work)
    vae = train_decoder(components_of(pool), pool, work, _recipe().decoder)
    model = Model(unet, vae, text_encoder, latent_colors=measure_latent_colors(vae))
    save_ldm(model, work / BASE, _LICENSE)


def make_pairs(work: Path, tokenizer: str) -> None:
    """Write the pictures that the fine-tune learns from, with maps and without."""
    recipe = _recipe()
    write_pairs(work / "pairs", recipe.pairs)
    write_captioned(work / "captioned", recipe.captioned)
    write_pairs(work / "pairs_details", recipe.pairs_details, DETAILS)
    write_captioned(work / "captioned_details", recipe.captioned_details, DETAILS)


def learn_details(work: Path, tokenizer: str) -> Path:
    """The first part of the fine-tune, on details of scenes: the file that comes of it."""
    return _fine_tune(
        work,
        tokenizer,
        "details",
        _recipe().details,
        paired={"kind": "folder", "path": "pairs_details"},
        captioned="captioned_details",
        resolution=DETAILS.resolution,
        # It falls in the second part.
        learning_rate_decay="none",
    )


def fine_tune(work: Path, tokenizer: str) -> None:
    """The second part of the fine-tune, on whole scenes."""
    details = learn_details(work, tokenizer)
    # There is none where somebody stopped the first part.
    if details.exists():
        model = str(details.relative_to(work))
        _fine_tune(work, tokenizer, "place", _recipe().fine_tune, model=model)


def _fine_tune(work: Path, tokenizer: str, name: str, training: Training, **changes: Any) -> Path:
    """Run the trainer from its command line, or go on with it, unless it has finished."""
    result = result_path(work / name, training.steps)
    if not result.exists():
        make_pairs(work, tokenizer)
        config = write_config(work, name, tokenizer, _recipe(), training, **changes)
        # Relative to the current folder, for this command as for the trainer's.
        run_trainer(config, work / name)
    return result


def take_bundled(work: Path, tokenizer: str) -> None:
    """Base and judge as they are in this repository, and what the base was trained on."""
    base, pool = load_base(), _pool(work)
    encode_pool(Components.of_encoder(base.vae), load_tokenizer(tokenizer, None), pool, work)
    if not (work / BASE).exists():
        save_ldm(base, work / BASE, _LICENSE)
    if not (work / JUDGE).exists():
        save_network(load_judge(), work / JUDGE)


def _recipe() -> Recipe:
    return recipe_for(training_device())


def _pool(work: Path) -> Pool:
    return render_pool(work, _recipe().pictures)


def _pool_of_details(work: Path) -> Pool:
    return render_pool(work / _DETAILS, _recipe().pictures, DETAIL_POOL)


def _train_base(work: Path, tokenizer_name: str) -> tuple[UNet2DConditionModel, CLIPTextModel]:
    pool = _pool(work)
    components = components_of(pool)
    tokenizer = load_tokenizer(tokenizer_name, None)
    scenes = encode_pool(components, tokenizer, pool, work)
    details = encode_pool(components, tokenizer, _pool_of_details(work), work / _DETAILS)
    return train_base(scenes, details, tokenizer, work, _recipe().base)


STAGES: Mapping[str, Callable[[Path, str], object]] = {
    "pool": make_pool,
    "denoiser": make_denoiser,
    "decoder": make_decoder,
    "judge": make_judge,
    "base": make_base,
    "pairs": make_pairs,
    "details": learn_details,
    "place": fine_tune,
}
"""Name → what makes it in a work folder, with the name of a tokenizer; in their order."""


if __name__ == "__main__":
    sys.exit(main())
