"""Sampling without a host."""

from __future__ import annotations

import torch

from place_core.training.sampling import sample_guided, sampling_schedule


def test_the_authors_timesteps(golden):
    timesteps, sigmas = sampling_schedule(10)
    numbers = golden.tensors("plms_void")
    assert timesteps[:-1].tolist() == numbers["timesteps"].tolist()
    cumulative = numbers["alphas_cumprod"].double()
    wanted = ((1 - cumulative) / cumulative).sqrt()[timesteps]
    torch.testing.assert_close(sigmas.double(), wanted, rtol=1e-4, atol=0)
    assert sampling_schedule(50)[0][[0, 1, -2, -1]].tolist() == [981, 961, 1, 0]


def test_steps_that_do_not_divide_the_timesteps():
    for steps in (1, 3, 30, 37, 333, 500):
        timesteps, _ = sampling_schedule(steps)
        assert timesteps[0] < 1000
        assert steps <= len(timesteps) - 1 <= 1.5 * steps


def test_sampling_replays_the_authors_latents(golden):
    """From the outputs that their sampler saw, at the timesteps where it saw them."""
    numbers = golden.tensors("plms_void")
    latents = numbers["latents"][..., ::2, ::2]
    outputs = iter(numbers["unet_out"])
    seen = []

    def predict(z, timestep):
        seen.append(int(timestep[0]))
        unconditional, conditional = next(outputs)
        return unconditional[None], conditional[None]

    found = sample_guided(predict, latents[:1], 10, 2.0)
    torch.testing.assert_close(found[0], latents[-1], rtol=0, atol=2e-4)
    assert next(outputs, None) is None
    assert seen == [901, 801, 801, 701, 601, 501, 401, 301, 201, 101, 1]
