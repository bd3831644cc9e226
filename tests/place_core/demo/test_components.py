"""The VAE that the demo model begins with."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from place_core.demo.autoencoder import untrained_autoencoder
from place_core.demo.bundled_base import load_base
from place_core.demo.components import Components
from place_core.demo.model import LATENT_CHANNELS, as_tensor
from place_core.demo.scenes import render_scene


@pytest.fixture(scope="module")
def pictures():
    return as_tensor([render_scene(seed, (64, 64)).picture for seed in range(40)])


@pytest.fixture(scope="module")
def autoencoder(pictures):
    return untrained_autoencoder(Components.of(pictures, LATENT_CHANNELS))


@torch.no_grad()
def test_its_latents_are_the_principal_components(autoencoder, pictures):
    blocks = torch.nn.functional.unfold(pictures, 8, stride=8).mT.flatten(0, 1).double()
    centered = blocks - blocks.mean(0)
    _, _, components = np.linalg.svd(centered.numpy(), full_matrices=False)
    wanted = centered @ torch.from_numpy(components[:LATENT_CHANNELS]).T
    # Half way to unit variance.
    wanted = wanted / wanted.std(0, correction=0).sqrt()
    wanted = wanted / wanted.square().mean().sqrt()
    found = autoencoder.encode(pictures).latents.movedim(1, -1).flatten(0, 2).double()
    # A component has no sign.
    wanted = wanted * (found * wanted).sum(0).sign()
    torch.testing.assert_close(found, wanted, atol=2e-3, rtol=0)


@torch.no_grad()
def test_components_encode_as_the_network_does(autoencoder, pictures):
    found = Components.of(pictures, LATENT_CHANNELS).encode(pictures[:3, :, :40], LATENT_CHANNELS)
    wanted = autoencoder.encode(pictures[:3, :, :40]).latents
    assert found.shape == (3, LATENT_CHANNELS, 5, 8)
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=0)


@torch.no_grad()
def test_an_encoders_components_are_read_from_it(autoencoder, pictures):
    found = Components.of_encoder(autoencoder).encode(pictures, LATENT_CHANNELS)
    torch.testing.assert_close(found, autoencoder.encode(pictures).latents, atol=1e-3, rtol=0)


@torch.no_grad()
def test_the_bundled_encoder_is_linear_too(pictures):
    bundled = load_base().vae
    found = Components.of_encoder(bundled).encode(pictures, LATENT_CHANNELS)
    # Its weights are in half precision.
    torch.testing.assert_close(found, bundled.encode(pictures).latents, atol=0.01, rtol=0)


@torch.no_grad()
def test_its_pictures_have_the_mean_colors_of_the_blocks(autoencoder, pictures):
    decoded = autoencoder.decode(autoencoder.encode(pictures).latents).sample
    wanted, found = (torch.nn.functional.avg_pool2d(p, 8) for p in (pictures, decoded))
    # The interpolation blurs them, and the decoder's first step squeezes strong latents.
    assert torch.corrcoef(torch.stack([wanted.flatten(), found.flatten()]))[0, 1] > 0.85
    assert (decoded - pictures).abs().mean() < 0.7 * (pictures - pictures.mean()).abs().mean()


def test_the_whole_decoder_learns(autoencoder, pictures):
    decoder = autoencoder.decoder.requires_grad_(True)
    latents = autoencoder.encode(pictures[:2]).latents
    optimizer = torch.optim.AdamW(decoder.parameters(), 1e-4)
    for _ in range(2):
        optimizer.zero_grad()
        (decoder(latents) - pictures[:2]).abs().mean().backward()
        optimizer.step()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in decoder.parameters())
