"""The noise schedule and its weights."""

from __future__ import annotations

import torch

from place_core.training.diffusion import noise_schedule, velocity_weights


def test_weighted_errors_of_the_noise_are_errors_of_the_velocity():
    """v = √ᾱ ε − √(1−ᾱ) x0 (arXiv 2202.00512), with x0 from z_t and the predicted ε."""
    schedule, timesteps = noise_schedule(), torch.tensor([3, 400, 900])
    generator = torch.Generator().manual_seed(0)
    clean, noise, predicted = torch.randn(3, 3, 2, 4, 4, generator=generator, dtype=torch.float64)
    share = schedule.alphas_cumprod[timesteps].double().view(-1, 1, 1, 1)
    noisy = share.sqrt() * clean + (1 - share).sqrt() * noise

    def velocity(epsilon):
        x0 = (noisy - (1 - share).sqrt() * epsilon) / share.sqrt()
        return share.sqrt() * epsilon - (1 - share).sqrt() * x0

    wanted = (velocity(predicted) - velocity(noise)).square().flatten(1).mean(1)
    found = velocity_weights(schedule, timesteps) * (predicted - noise).square().flatten(1).mean(1)
    torch.testing.assert_close(found, wanted)
