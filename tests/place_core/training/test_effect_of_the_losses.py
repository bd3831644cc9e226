"""What each loss of Eq. 8 does to a small network that is trained on one batch over and over."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import pytest
import torch
from accelerate import Accelerator
from torch import Tensor

from in_server import tokenizer_folder
from place_core.losses import denoising_loss, total_loss
from place_core.training.config import read_config
from place_core.training.data import open_captioned, paired
from place_core.training.diffusion import shapes_of
from place_core.training.model import PlaceUNet
from place_core.training.samples import CaptionedSamples, PairedSamples, collate
from place_core.training.step import Losses, TrainingStep
from place_core.training.tokenizer import load_tokenizer
from small_training import small_model, write_config

pytestmark = pytest.mark.slow

PICTURES, STEPS, RATE = 4, 120, 1e-3


@dataclass
class Bench:
    """A model, a batch of each kind, and a base that was trained on the captions alone."""

    model: object
    config: object
    pairs: dict
    captions: dict
    base: torch.nn.Module

    def step(self, unet: torch.nn.Module, **weights: float) -> TrainingStep:
        return TrainingStep(
            Accelerator(cpu=True), unet, self.model, replace(self.config, **weights)
        )

    def train(self, **weights: float) -> Trained:
        """From the base, on the same batches in every step."""
        unet = PlaceUNet(copy.deepcopy(self.base))
        step = self.step(unet, **weights)
        captions = self.captions if weights.get("preservation_weight", 1.0) else None
        optimizer = torch.optim.AdamW(
            [
                {"params": unet.unet.parameters(), "lr": RATE},
                {"params": unet.heads.parameters(), "lr": 10 * RATE},
            ]
        )
        history = []
        for _ in range(STEPS):
            history.append(step(self.pairs, captions))
            torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
        return Trained(unet, history)

    def alignment(self, unet: PlaceUNet) -> float:
        _, alignment = self.step(unet).predict(self.pairs, self.pairs["layout"], align=True)
        return alignment.item()

    def plain_noise(self, unet: PlaceUNet) -> Tensor:
        """ε of the network with α = 0 for the captions."""
        with torch.no_grad():
            return self.step(unet).predict(self.captions)[0]


@dataclass
class Trained:
    unet: PlaceUNet
    history: list[Losses]


@pytest.fixture(scope="module")
def bench(material, tmp_path_factory) -> Bench:
    config = read_config(
        write_config(
            tmp_path_factory.mktemp("effect") / "run.yaml",
            model="unused",
            output="unused",
            paired={"kind": "folder", "path": str(material / "pairs")},
            captioned=material / "captioned",
            caption_dropout=0.0,
        )
    )
    model = small_model()
    folder = tokenizer_folder()
    common = (
        load_tokenizer(folder, None),
        config,
        shapes_of(model.unet, model.vae, config.resolution),
        range(PICTURES),
    )
    pairs = PairedSamples(paired("folder", material / "pairs"), *common)
    captions = CaptionedSamples(open_captioned(material / "captioned"), *common)
    bench = Bench(
        model,
        config,
        collate([pairs[i] for i in range(PICTURES)]),
        collate([captions[i] for i in range(PICTURES)]),
        model.unet,
    )
    unet = PlaceUNet(model.unet)
    step = bench.step(unet)
    optimizer = torch.optim.AdamW(unet.unet.parameters(), RATE)
    for _ in range(STEPS):
        denoising_loss(step.predict(bench.captions)[0], bench.captions["noise"]).backward()
        optimizer.step()
        optimizer.zero_grad()
    return bench


@pytest.fixture(scope="module")
def all_losses(bench) -> Trained:
    return bench.train()


@pytest.fixture(scope="module")
def without_alignment(bench) -> Trained:
    return bench.train(alignment_weight=0.0)


@pytest.fixture(scope="module")
def without_preservation(bench) -> Trained:
    return bench.train(preservation_weight=0.0)


def test_the_denoising_loss_falls_below_a_tenth(all_losses):
    first, last = all_losses.history[0], all_losses.history[-1]
    assert last.denoising < 0.1 * first.denoising


def test_all_three_losses_fall_together(all_losses):
    first, last = all_losses.history[0], all_losses.history[-1]
    assert last.total < 0.1 * first.total
    assert last.alignment < 0.5 * first.alignment
    # The base knows the captions already; training upsets that, and repairs it again.
    worst = max(float(losses.preservation) for losses in all_losses.history)
    assert last.preservation < 0.1 * worst


def test_alpha_leaves_its_start(all_losses):
    alpha = all_losses.unet.alpha(torch.tensor([999, 500, 0]))
    assert (alpha - 0.5).abs().max() > 0.1
    assert alpha.std(0).max() > 0.01, "layers find weights of their own"


def test_alignment_falls_only_when_it_is_asked_for(bench, all_losses, without_alignment):
    start = bench.alignment(PlaceUNet(copy.deepcopy(bench.base)))
    assert bench.alignment(all_losses.unet) < 0.5 * start
    assert bench.alignment(without_alignment.unet) > start


def test_the_plain_network_stays_near_its_base_with_preservation(
    bench, all_losses, without_preservation
):
    base = bench.plain_noise(PlaceUNet(bench.base))
    kept = (bench.plain_noise(all_losses.unet) - base).square().mean()
    lost = (bench.plain_noise(without_preservation.unet) - base).square().mean()
    assert kept < 0.1 * lost


def test_two_passes_add_up_to_the_gradient_of_the_total(bench):
    weights = {"alignment_weight": 3.0, "preservation_weight": 0.5}
    unet = PlaceUNet(copy.deepcopy(bench.base))
    step = bench.step(unet, **weights)
    step(bench.pairs, bench.captions)
    added = {name: p.grad.clone() for name, p in unet.named_parameters()}
    unet.zero_grad()
    noise, alignment = step.predict(bench.pairs, bench.pairs["layout"], True)
    total_loss(
        denoising_loss(noise, bench.pairs["noise"]),
        alignment,
        denoising_loss(step.predict(bench.captions)[0], bench.captions["noise"]),
        *weights.values(),
    ).backward()
    for name, p in unet.named_parameters():
        torch.testing.assert_close(added[name], p.grad, rtol=1e-4, atol=1e-7)
