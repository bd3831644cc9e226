"""PLMS, the sampler of the paper (Liu et al. 2022, https://arxiv.org/abs/2202.09778), over sigmas.

In the variable ``x = z / √ᾱ`` with ``σ = √((1 − ᾱ) / ᾱ)`` a DDIM step is an Euler step in σ, so
PLMS is the Adams–Bashforth method of order 1 to 4 on ``dx/dσ = ε``. The first step is improved by
a second evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

Denoiser = Callable[[Tensor, Tensor], Tensor]
"""``(x [B, ...], sigma scalar) -> denoised [B, ...]``."""


def combined_noise(history: Sequence[Tensor]) -> Tensor:
    """Adams–Bashforth combination of the last noises, newest last: the ε' of PLMS.

    Args:
        history: one to four tensors of one shape; more than four use the newest four.
    """
    *_, newest = history
    match len(history):
        case 1:
            return newest
        case 2:
            return (3 * newest - history[-2]) / 2
        case 3:
            return (23 * newest - 16 * history[-2] + 5 * history[-3]) / 12
        case _:
            return (55 * newest - 59 * history[-2] + 37 * history[-3] - 9 * history[-4]) / 24


def sample_plms(
    denoise: Denoiser,
    x: Tensor,
    sigmas: Tensor,
    callback: Callable[[int, Tensor, Tensor], None] | None = None,
) -> Tensor:
    """Integrate from ``sigmas[0]`` to ``sigmas[-1]``.

    Args:
        denoise: predicts the clean sample; called once a step, twice in the first.
        x: ``[B, ...]`` start, of variance ``σ² + 1`` where it is pure noise.
        sigmas: ``[S + 1]`` falling noise levels, all but the last above 0.
        callback: called before each step with its number, ``x`` and the denoised estimate.

    Returns:
        ``[B, ...]`` at ``sigmas[-1]``, in the same variable as ``x``.
    """
    history: list[Tensor] = []
    for step, (sigma, sigma_next) in enumerate(zip(sigmas[:-1], sigmas[1:], strict=True)):
        denoised = denoise(x, sigma)
        noise = (x - denoised) / sigma
        history = [*history[-3:], noise]
        if callback is not None:
            callback(step, x, denoised)
        if step == 0 and sigma_next > 0:
            # One noise is known only: take the mean of it and the noise after an Euler step.
            ahead = x + noise * (sigma_next - sigma)
            noise_ahead = (ahead - denoise(ahead, sigma_next)) / sigma_next
            slope = (noise + noise_ahead) / 2
        else:
            slope = combined_noise(history)
        x = x + slope * (sigma_next - sigma)
    return x
