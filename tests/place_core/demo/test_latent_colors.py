"""The colors of latents, for previews."""

from __future__ import annotations

import torch

from place_core.demo import latent_colors
from place_core.demo.autoencoder import untrained_autoencoder
from place_core.demo.base import encode_pictures
from place_core.demo.components import Components
from place_core.demo.latent_colors import color_latents, fit_latent_colors, measure_latent_colors
from place_core.demo.model import LATENT_CHANNELS, as_tensor
from place_core.demo.scenes import render_scene


def test_the_fit_finds_colors_that_are_linear_in_the_latents():
    torch.manual_seed(0)
    latents, factors, bias = torch.randn(4, 5, 6, 7), torch.randn(5, 3), torch.randn(3)
    small = torch.einsum("bchw,cd->bdhw", latents, factors) + bias[:, None, None]
    found = fit_latent_colors(latents, small.repeat_interleave(8, 2).repeat_interleave(8, 3))
    torch.testing.assert_close(torch.tensor(found.factors), factors, atol=1e-4, rtol=0)
    torch.testing.assert_close(torch.tensor(found.bias), bias, atol=1e-4, rtol=0)


def test_scenes_keep_their_colors(monkeypatch):
    monkeypatch.setattr(latent_colors, "_SCENES", 16)
    scenes = as_tensor([render_scene(100 + seed).picture for seed in range(12)])
    autoencoder = untrained_autoencoder(Components.of(scenes, LATENT_CHANNELS))
    colors = measure_latent_colors(autoencoder)
    pictures = [render_scene(seed).picture for seed in range(6)]
    latents = torch.from_numpy(encode_pictures(autoencoder, pictures))
    wanted = torch.nn.functional.avg_pool2d(as_tensor(pictures), 8)
    error = (color_latents(colors, latents) - wanted).abs().mean() / 2
    assert error < 0.05
