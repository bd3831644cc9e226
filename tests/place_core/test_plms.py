"""The paper's sampler."""

from __future__ import annotations

import pytest
import torch

from place_core.plms import combined_noise, sample_plms


def test_the_integrator_replays_the_authors_latents(golden):
    """From the UNet outputs that their sampler saw; in float64, latent space variance 1."""
    numbers = golden.tensors("plms_void")
    sigma = ((1 - numbers["alphas_cumprod"].double()) / numbers["alphas_cumprod"].double()).sqrt()
    sigmas = torch.cat([sigma[numbers["timesteps"].long()], sigma[:1]])
    expected = numbers["latents"][..., ::2, ::2]  # both at a stride of 4
    outputs = iter(numbers["unet_out"].double())
    latents = []

    def denoise(x, sigma):
        unconditional, conditional = next(outputs)
        return x - sigma * (unconditional + 2 * (conditional - unconditional))

    def record(step, x, denoised):
        latents.append(x / (1 + sigmas[step] ** 2).sqrt())

    start = expected[:1].double() * (1 + sigmas[0] ** 2).sqrt()
    end = sample_plms(denoise, start, sigmas, record)
    latents.append(end / (1 + sigmas[-1] ** 2).sqrt())
    assert next(outputs, None) is None
    assert len(latents) == 11
    for found, wanted in zip(latents, expected, strict=True):
        torch.testing.assert_close(found[0].float(), wanted, rtol=0, atol=2e-4)


def test_a_constant_noise_is_integrated_exactly():
    sigmas = torch.tensor([10.0, 6.0, 3.0, 2.0, 1.0, 0.5, 0.0], dtype=torch.float64)
    x = sample_plms(lambda x, sigma: x - 2 * sigma, torch.ones(1).double(), sigmas)
    torch.testing.assert_close(x, torch.ones(1).double() - 2 * 10.0)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_each_order_is_exact_for_polynomials_below_it(order):
    """Adams–Bashforth of order n integrates p(σ) of degree n − 1 over a step of equal size."""
    nodes = torch.arange(order, dtype=torch.float64)  # … −2, −1, 0 before the step to 1
    for degree in range(order):
        history = [(-node) ** degree for node in reversed(nodes)]
        assert combined_noise(history).item() == pytest.approx(1 / (degree + 1))


def test_more_than_four_noises_use_the_newest_four():
    history = [torch.tensor(v) for v in (9.0, 1.0, 2.0, 3.0, 4.0)]
    assert combined_noise(history) == combined_noise(history[1:])


def test_the_model_is_called_once_a_step_and_twice_in_the_first():
    calls = []

    def denoise(x, sigma):
        calls.append(float(sigma))
        return torch.zeros_like(x)

    sample_plms(denoise, torch.ones(1), torch.tensor([3.0, 2.0, 1.0, 0.0]))
    assert calls == [3.0, 2.0, 2.0, 1.0]


def test_one_step_to_zero_gives_the_denoised_sample():
    x = sample_plms(lambda x, sigma: x * 0 + 5, torch.ones(1), torch.tensor([3.0, 0.0]))
    assert x.item() == pytest.approx(5.0)
