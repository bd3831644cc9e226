"""The VAE that the demo model begins with."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from place_core.demo.components import start_from_components
from place_core.demo.model import LATENT_CHANNELS, as_tensor, new_autoencoder
from place_core.demo.scenes import render_scene


@pytest.fixture(scope="module")
def pictures():
    return as_tensor([render_scene(seed, (64, 64)).picture for seed in range(40)])


@pytest.fixture(scope="module")
def autoencoder(pictures):
    torch.manual_seed(0)
    autoencoder = new_autoencoder()
    start_from_components(autoencoder, pictures)
    return autoencoder


@torch.no_grad()
def test_its_latents_are_the_principal_components(autoencoder, pictures):
    blocks = torch.nn.functional.unfold(pictures, 8, stride=8).mT.flatten(0, 1).double()
    centered = blocks - blocks.mean(0)
    _, _, components = np.linalg.svd(centered.numpy(), full_matrices=False)
    wanted = centered @ torch.from_numpy(components[:LATENT_CHANNELS]).T
    wanted = wanted / wanted.std(0, correction=0)
    found = autoencoder.encode(pictures).latents.movedim(1, -1).flatten(0, 2).double()
    # A component has no sign.
    wanted = wanted * (found * wanted).sum(0).sign()
    torch.testing.assert_close(found, wanted, atol=2e-3, rtol=0)


@torch.no_grad()
def test_its_pictures_have_the_mean_colors_of_the_blocks(autoencoder, pictures):
    decoded = autoencoder.decode(autoencoder.encode(pictures).latents).sample
    wanted, found = (torch.nn.functional.avg_pool2d(p, 8) for p in (pictures, decoded))
    # Eight components say most of the color, and the interpolation blurs it.
    assert (found - wanted).abs().mean() < 0.4 * (wanted - wanted.mean()).abs().mean()
    assert (decoded - pictures).abs().mean() < 0.7 * (pictures - pictures.mean()).abs().mean()


def test_all_of_it_learns(autoencoder, pictures):
    optimizer = torch.optim.AdamW(autoencoder.parameters(), 1e-4)
    for _ in range(2):
        optimizer.zero_grad()
        decoded = autoencoder.decode(autoencoder.encode(pictures[:2]).latents).sample
        (decoded - pictures[:2]).abs().mean().backward()
        optimizer.step()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in autoencoder.parameters())
