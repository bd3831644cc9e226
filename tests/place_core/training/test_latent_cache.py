"""Pictures that are encoded once."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
import torch
from diffusers import AutoencoderTiny
from safetensors.torch import load_file

from place_core.training.diffusion import LatentCache, encode_images
from small_training import small_model, trained

SEEN_ALREADY = torch.tensor([[0, 0], [0, 1]])


@pytest.fixture(params=["kl", "tiny"])
def vae(request):
    torch.manual_seed(0)
    return small_model().vae if request.param == "kl" else AutoencoderTiny().eval()


def batch(seed=0, count=2):
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(count, 3, 64, 64, generator=generator) * 2 - 1
    return images, torch.randn(count, 4, 8, 8, generator=generator)


def test_latents_are_those_without_a_cache_at_each_sight(vae):
    images, _ = batch()
    cache = LatentCache(vae)
    for seed in (1, 2):
        _, draws = batch(seed)
        cached = cache.encode(images, draws, SEEN_ALREADY)
        torch.testing.assert_close(cached, encode_images(vae, images, draws), rtol=0, atol=0)


def test_only_pictures_not_seen_before_are_encoded(vae, monkeypatch):
    cache = LatentCache(vae)
    encoded = Mock(wraps=vae.encode)
    monkeypatch.setattr(vae, "encode", encoded)
    images, draws = batch()
    cache.encode(images, draws, SEEN_ALREADY)
    mixed = torch.stack([torch.full_like(images[0], 9.0), images[1] * 0.5])
    latents = cache.encode(mixed, draws, torch.tensor([[0, 1], [1, 1]]))
    assert sum(len(call.args[0]) for call in encoded.call_args_list) == 3
    torch.testing.assert_close(latents[0], encode_images(vae, images, draws[[0, 0]])[1])
    torch.testing.assert_close(latents[1], encode_images(vae, mixed, draws)[1])


def test_a_run_with_a_cache_ends_where_one_without_does(configure):
    shared = {"steps": 6, "crop": False, "flip": False}
    _, (plain,) = trained(configure("plain", **shared))
    _, (cached,) = trained(configure("cached", cache_latents=True, **shared))
    one, other = load_file(plain), load_file(cached)
    for name in one:
        torch.testing.assert_close(one[name], other[name], rtol=1e-3, atol=1e-5)
