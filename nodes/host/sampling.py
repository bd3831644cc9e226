"""PLMS as a SAMPLER, sampling like the host's KSampler, and α over the steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import comfy.model_management
import comfy.model_sampling
import comfy.sample
import comfy.samplers
import comfy.utils
import latent_preview
import torch
from torch import Tensor
from tqdm.auto import tqdm

from ...place_core.alpha import Schedule, piecewise_linear
from ...place_core.plms import sample_plms
from ...place_core.quoting import quoted
from .patching import FuseInUNet, fusion_settings, progress, time_embedding

PLMS = "plms"


def sampler_names() -> list[str]:
    """PLMS first, then the host's samplers."""
    return [PLMS, *comfy.samplers.KSampler.SAMPLERS]


def scheduler_names() -> list[str]:
    """The paper's schedule first, then the host's others."""
    return sorted(comfy.samplers.KSampler.SCHEDULERS, key=lambda name: name != "ddim_uniform")


def schedule_sigmas(model: Any, scheduler: str, steps: int) -> Tensor:
    """``[S + 1]`` falling noise levels of a schedule for this MODEL."""
    return comfy.samplers.calculate_sigmas(
        model.get_model_object("model_sampling"), scheduler, steps
    )


def plms_sampler() -> comfy.samplers.KSAMPLER:
    """PLMS as a SAMPLER."""
    return comfy.samplers.KSAMPLER(_sample_plms)


def _sample_plms(
    model: Any,
    x: Tensor,
    sigmas: Tensor,
    extra_args: dict | None = None,
    callback: Callable | None = None,
    disable: bool | None = None,
) -> Tensor:
    """PLMS between the host's conventions and those of the latent-diffusion code.

    There a picture starts from noise of unit variance at the first timestep, while the host scales
    the noise by σ₀ alone unless σ₀ is the model's largest; and it ends at the smallest σ of the
    model, not at 0, in a latent of unit variance. Both differences vanish with an inpainting mask,
    whose kept part must come back as it was; the first where there is a picture to start from.
    """
    extra_args = extra_args or {}
    sampling = model.inner_model.inner_model.model_sampling
    variance_preserving = isinstance(sampling, comfy.model_sampling.EPS)
    masked = extra_args.get("denoise_mask") is not None
    first, last = float(sigmas[0]), float(sigmas[-1])
    host_scaled_by_sigma = first < 0.99999 * float(sampling.sigma_max)
    if variance_preserving and host_scaled_by_sigma and not model.latent_image.any():
        x = x * (math.sqrt(1 + first**2) / first)
    to_unit_variance = variance_preserving and not masked and last == 0.0
    if to_unit_variance:
        last = float(sampling.sigma_min)
        sigmas = torch.cat([sigmas[:-1], sigmas.new_tensor([last])])

    with tqdm(total=len(sigmas) - 1, disable=disable) as bar:

        def denoise(x: Tensor, sigma: Tensor) -> Tensor:
            return model(x, sigma * x.new_ones(len(x)), **extra_args)

        def report(step: int, x: Tensor, denoised: Tensor) -> None:
            bar.update()
            if callback is not None:
                sigma = sigmas[step]
                callback(
                    {"x": x, "i": step, "sigma": sigma, "sigma_hat": sigma, "denoised": denoised}
                )

        x = sample_plms(denoise, x, sigmas, report)
    return x / math.sqrt(1 + last**2) if to_unit_variance else x


def sample(
    model: Any,
    positive: list,
    negative: list,
    latent: dict,
    seed: int,
    steps: int,
    cfg: float,
    sampler_name: str,
    scheduler: str,
    denoise: float,
) -> dict:
    """Sample like the host's KSampler, with PLMS as one more sampler."""
    # Newer hosts let an empty latent say for which scale it was made.
    scales = {name: value for name, value in latent.items() if name.startswith("downscale_ratio_")}
    image = comfy.sample.fix_empty_latent_channels(model, latent["samples"], **scales)
    noise = comfy.sample.prepare_noise(image, seed, latent.get("batch_index"))
    plms = sampler_name == PLMS
    # The host's object knows which samplers want another number of sigmas, and what denoise means.
    schedule = comfy.samplers.KSampler(
        model,
        steps=steps,
        device=model.load_device,
        sampler="euler" if plms else sampler_name,
        scheduler=scheduler,
        denoise=denoise,
        model_options=model.model_options,
    )
    samples = comfy.sample.sample_custom(
        model,
        noise,
        cfg,
        plms_sampler() if plms else comfy.samplers.sampler_object(sampler_name),
        schedule.sigmas,
        positive,
        negative,
        image,
        noise_mask=latent.get("noise_mask"),
        callback=latent_preview.prepare_callback(model, max(len(schedule.sigmas) - 1, 1)),
        disable_pbar=not comfy.utils.PROGRESS_BAR_ENABLED,
        seed=seed,
    )
    rest = {name: value for name, value in latent.items() if name not in scales}
    return {**rest, "samples": samples}


def alpha_over_steps(model: Any, sigmas: Tensor) -> tuple[Tensor, Tensor, list[str]]:
    """α of each layer at each noise level, by the settings of a MODEL with PLACE.

    Returns:
        α ``[S, N]``, the timesteps ``[S]`` and the ``N`` names (one, "all layers", of a schedule).
    """
    settings = fusion_settings(model)
    sampling = model.get_model_object("model_sampling")
    comfy.model_management.load_models_gpu([model])
    unet = model.model.diffusion_model
    timesteps = sampling.timestep(sigmas).float()
    y = None
    if unet.num_classes is not None:
        # The label embedding holds the picture's size and crop; the plot is of a neutral one.
        y = torch.zeros(len(sigmas), model.model.adm_channels, dtype=model.model_dtype())
    device = model.load_device
    with torch.no_grad():
        embedding = time_embedding(
            unet, timesteps.to(device), None if y is None else y.to(device), model.model_dtype()
        )
    fuse = FuseInUNet(settings).to(device)
    names = list(settings.heads.layers) if settings.heads else ["all layers"]
    alpha = torch.zeros(len(sigmas), len(names))
    for step, sigma in enumerate(sigmas.tolist()):
        now = progress(settings, sampling, sigma)
        if now is not None:
            alpha[step] = fuse.settings.alpha(now, embedding[step : step + 1])[:, 0].cpu()
    return alpha, timesteps, names


def curve_schedule(curve: Any) -> Schedule:
    """A CURVE of the host's Curve Editor, or a list of points, as α over the progress.

    Raises:
        ValueError: not a curve.
    """
    if hasattr(curve, "interp"):
        return curve.interp
    try:
        # A workflow in API form, and older hosts, give the bare points.
        points = curve["points"] if isinstance(curve, dict) else curve
        return piecewise_linear([(float(x), float(y)) for x, y in points])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"curve: expected a CURVE of the Curve Editor, or points (x, y) in 0..1; got "
            f"{quoted(curve)}"
        ) from error
