"""What the losses of PLACE do: a base from nothing, then the trainer with and without each loss.

    python3 tools bench training_losses

It needs photographs of COCO-Stuff with their label maps (PLACE_COCO_STUFF names the folder, laid
out as the full set) and takes about 20 minutes on two CPU cores. What is done stays in the cache
folder (`training_losses`), so a run that was stopped goes on.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from functools import partial
from pathlib import Path

import torch
import yaml
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel

from place_core.checkpoint.diffusers_model import Model, load_model, save_ldm
from place_core.demo.finetune import run_trainer
from place_core.demo.loop import train_steps
from place_core.layout import VOID
from place_core.losses import denoising_loss
from place_core.training.config import Config, read_config
from place_core.training.data import coco_stuff, open_captioned, paired
from place_core.training.diffusion import encode_images, encode_text, noise_schedule, shapes_of
from place_core.training.model import PlaceUNet
from place_core.training.samples import CaptionedSamples, PairedSamples, Samples, collate
from place_core.training.tokenizer import load_tokenizer

ROOT = Path(__file__).resolve().parents[1]
COCO = ROOT.parent / "shared" / "data" / "coco_stuff_sample"
RESOLUTION, BATCH = 64, 8
VAE_STEPS, BASE_STEPS, STEPS = 400, 1500, 200
MEASURED = 64
RUNS = {
    "all three losses": {},
    "without L_SA (λ1 = 0)": {"alignment_weight": 0.0},
    "without L_LFP (λ2 = 0)": {"preservation_weight": 0.0},
}


def main() -> None:
    coco = Path(os.environ.get("PLACE_COCO_STUFF", COCO))
    work = Path(os.environ["PLACE_CACHE"]) / "training_losses"
    work.mkdir(parents=True, exist_ok=True)
    captioned = write_captions(coco, work)
    base = work / "base.safetensors"
    if not base.exists():
        train_base(work, base, write_config(work, "base", coco, captioned / "all", BASE_STEPS))
    rows = {"base": measure(load_model(base), load_model(base), work, coco, captioned)}
    for number, (name, changes) in enumerate(RUNS.items()):
        result = run(work, f"run-{number}", coco, captioned, changes)
        rows[name] = measure(load_model(result), load_model(base), work, coco, captioned)
    print(table(rows))


def write_captions(coco: Path, work: Path) -> Path:
    """Folders of photographs with their classes as captions: ``all``, and ``new``, which have no
    maps in the training."""
    target = work / "captioned"
    if target.exists():
        return target
    part = work / "captioned.part"
    shutil.rmtree(part, ignore_errors=True)
    for split in ("train2017", "val2017"):
        source = coco_stuff(coco, split)
        names = {c.id: c.name for c in source.classes}
        for index, (image, _) in enumerate(source.pairs):
            ids = [i for i in source.load(index).labels.unique().tolist() if i != VOID]
            caption = "a photograph of " + ", ".join(names[i] for i in ids)
            for folder in ("all", "new") if split == "val2017" else ("all",):
                (part / folder).mkdir(parents=True, exist_ok=True)
                shutil.copy(image, part / folder / image.name)
                (part / folder / f"{image.stem}.txt").write_text(caption, encoding="utf-8")
    part.rename(target)
    return target


def write_config(
    work: Path, name: str, coco: Path, captioned: Path, steps: int, **changes: float
) -> Path:
    """A configuration file of the trainer."""
    values = {
        "model": "base.safetensors",
        "output": name,
        "paired": {"kind": "coco-stuff", "path": str(coco), "split": "train2017"},
        "captioned": str(captioned),
        "tokenizer": str(Path(os.environ["PLACE_COMFYUI_PATH"]) / "comfy" / "sd1_tokenizer"),
        "resolution": RESOLUTION,
        "steps": steps,
        "batch_size": BATCH,
        "learning_rate": 5e-5,
        # High, to see α move in so few steps.
        "heads_learning_rate": 5e-3,
        "ema_decay": 0.0,
        "workers": 0,
        "checkpoint_every": 100,
        "validate_every": steps,
        "export_dtype": "float32",
        **changes,
    }
    path = work / f"{name}.yaml"
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return path


def run(work: Path, name: str, coco: Path, captioned: Path, changes: dict[str, float]) -> Path:
    """Train by the command line, or go on; the exported checkpoint."""
    result = work / name / f"{name}-{STEPS:06}.safetensors"
    if not result.exists():
        config = write_config(work, name, coco, captioned / "new", STEPS, **changes)
        run_trainer(config, work / name)
    return result


def train_base(work: Path, target: Path, config_path: Path) -> None:
    """A small text-to-image model of the photographs, with a VAE of its own.

    Its learning rate falls and its weights are averaged: it must be at rest, or every further
    training, whatever its loss, would first of all go on with this one.
    """
    torch.manual_seed(0)
    model = new_model()
    config = read_config(config_path)
    pictures = captioned_samples(model, config)

    def picture_loss(step: int) -> Tensor:
        batch = batch_of(pictures, step)
        posterior = model.vae.encode(batch["image"]).latent_dist
        image = model.vae.decode(posterior.mean + posterior.std * batch["posterior"]).sample
        return (image - batch["image"]).abs().mean() + 1e-6 * posterior.kl().mean()

    train_steps(work / "vae.pt", {"vae": model.vae}, 1e-3, VAE_STEPS, picture_loss)
    with torch.no_grad():
        spread = model.vae.encode(batch_of(pictures, 0)["image"]).latent_dist.mean.std()
        # A single file has no place for the scale of the latents: Stable Diffusion's is built in.
        scale_latents(model.vae, 1 / (spread * model.vae.config.scaling_factor))

    def noise_loss(step: int) -> Tensor:
        batch = batch_of(pictures, step)
        noisy, context = noisy_latents(model, batch)
        predicted = model.unet(noisy, batch["timestep"], context).sample
        return denoising_loss(predicted, batch["noise"])

    train_steps(work / "unet.pt", {"unet": model.unet}, 5e-4, BASE_STEPS, noise_loss)
    save_ldm(model, target, {"license": "Apache-2.0", "steps": str(BASE_STEPS)})


def new_model() -> Model:
    """Stable Diffusion 1.x in small, random."""
    unet = UNet2DConditionModel(
        sample_size=RESOLUTION // 8,
        block_out_channels=(64, 128, 192),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D",) * 3,
        up_block_types=("CrossAttnUpBlock2D",) * 3,
        cross_attention_dim=128,
        attention_head_dim=8,
    )
    vae = AutoencoderKL(
        block_out_channels=(32, 32, 32, 64),
        layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
    )
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=49408,
            hidden_size=128,
            intermediate_size=256,
            num_hidden_layers=2,
            num_attention_heads=2,
        )
    )
    return Model(unet, vae, text_encoder)


def scale_latents(vae: AutoencoderKL, factor: Tensor) -> None:
    """Multiply the latents of a VAE by a factor, and divide them again before it decodes."""
    mean = vae.config.latent_channels
    vae.quant_conv.weight[:mean] *= factor
    vae.quant_conv.bias[:mean] *= factor
    vae.quant_conv.bias[mean:] += 2 * factor.log()
    vae.post_quant_conv.weight /= factor


def captioned_samples(model: Model, config: Config) -> CaptionedSamples:
    """Pictures with captions, as the trainer shows them."""
    shapes = shapes_of(model.unet, model.vae, config.resolution)
    tokenizer = load_tokenizer(config.tokenizer, None)
    return CaptionedSamples(
        open_captioned(config.captioned), tokenizer, config, shapes, range(10**6)
    )


def batch_of(samples: Samples, number: int) -> dict:
    """Samples of a batch, by its number."""
    return collate([samples[i] for i in range(number * BATCH, (number + 1) * BATCH)])


def measure(tuned: Model, base: Model, work: Path, coco: Path, captioned: Path) -> dict[str, float]:
    """The losses of a model on fixed batches, α, and how far its plain network is from the base."""
    config = read_config(write_config(work, "measure", coco, captioned / "new", 1))
    config = dataclasses.replace(config, caption_dropout=0.0)
    unet, plain_base = PlaceUNet(tuned.unet, tuned.heads), PlaceUNet(base.unet)
    shapes = shapes_of(tuned.unet, tuned.vae, config.resolution)
    common = (
        load_tokenizer(config.tokenizer, None),
        config,
        shapes,
        range(10**6, 10**6 + MEASURED),
    )
    pairs = PairedSamples(paired("coco-stuff", coco, "train2017"), *common)
    captions = CaptionedSamples(open_captioned(config.captioned), *common)
    sums = dict.fromkeys(("L_LDM", "L_SA", "L_LFP", "distance"), 0.0)
    for batch in map(partial(batch_of, pairs), range(MEASURED // BATCH)):
        noisy, context = noisy_latents(tuned, batch)
        # Eq. 5 is measured where it is trained: with gradients.
        predicted, alignment = unet(noisy, batch["timestep"], context, batch["layout"], align=True)
        sums["L_LDM"] += float(denoising_loss(predicted, batch["noise"]))
        sums["L_SA"] += float(alignment)
    with torch.no_grad():
        for batch in map(partial(batch_of, captions), range(MEASURED // BATCH)):
            noisy, context = noisy_latents(base, batch)
            predicted = unet(noisy, batch["timestep"], context)[0]
            before = plain_base(noisy, batch["timestep"], context)[0]
            sums["L_LFP"] += float(denoising_loss(predicted, batch["noise"]))
            sums["distance"] += float(denoising_loss(predicted, before))
        alpha = unet.alpha(torch.tensor([999, 500, 0])).mean(0).tolist()
    means = {name: value * BATCH / MEASURED for name, value in sums.items()}
    return means | dict(zip(("α 999", "α 500", "α 0"), alpha, strict=True))


def noisy_latents(model: Model, batch: dict) -> tuple[Tensor, Tensor]:
    latents = encode_images(model.vae, batch["image"], batch["posterior"])
    noisy = noise_schedule().add_noise(latents, batch["noise"], batch["timestep"])
    return noisy, encode_text(model.text_encoder, batch["tokens"])


def table(rows: dict[str, dict[str, float]]) -> str:
    """As Markdown."""
    names = list(next(iter(rows.values())))
    lines = [f"| | {' | '.join(names)} |", "|---|" + "---:|" * len(names)]
    for label, row in rows.items():
        lines.append(f"| {label} | {' | '.join(f'{row[name]:.4f}' for name in names)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
