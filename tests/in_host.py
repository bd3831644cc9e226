"""What the tests do inside of a ComfyUI process (fixture `host`): sample, and watch the UNet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

SD1_UNET: dict[str, Any] = {
    "image_size": 32,
    "in_channels": 4,
    "out_channels": 4,
    "model_channels": 320,
    "num_res_blocks": [2, 2, 2, 2],
    "channel_mult": [1, 2, 4, 4],
    "transformer_depth": [1, 1, 1, 1, 1, 1, 0, 0],
    "transformer_depth_output": [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0],
    "transformer_depth_middle": 1,
    "num_heads": 8,
    "context_dim": 768,
    "use_spatial_transformer": True,
    "use_linear_in_transformer": False,
    "legacy": False,
}
"""The UNet of Stable Diffusion 1, 860 M parameters, in the host's terms."""


@dataclass
class Recorded:
    """The UNet calls of a sampling run."""

    inputs: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    fusions: list[Any] = field(default_factory=list)
    options: list[dict] = field(default_factory=list)

    @property
    def batches(self) -> list[int]:
        return [len(x) for x in self.inputs]


def record(model: Any) -> tuple[Any, Recorded]:
    """A clone of the MODEL that writes down its UNet calls, inside of all other wrappers."""
    from comfy.patcher_extension import WrappersMP

    recorded = Recorded()

    def wrapper(executor, x, timesteps, context, y, control, transformer_options, **kwargs):
        recorded.inputs.append(x.clone())
        recorded.fusions.append(transformer_options.get("place"))
        recorded.options.append(transformer_options)
        out = executor(x, timesteps, context, y, control, transformer_options, **kwargs)
        recorded.outputs.append(out.clone())
        return out

    model = model.clone()
    model.add_wrapper_with_key(WrappersMP.DIFFUSION_MODEL, "record", wrapper)
    return model, recorded


def record_fusions(model: Any) -> tuple[Any, list[Any]]:
    """A clone of the MODEL that writes down what its UNet calls fuse, wherever PLACE is applied."""
    fusions: list[Any] = []

    def patch(h, transformer_options):
        if transformer_options["block"] == ("input", 0):
            fusions.append(transformer_options.get("place"))
        return h

    model = model.clone()
    model.set_model_input_block_patch(patch)
    return model, fusions


def conditioning(context: Tensor, labels: Tensor | None = None, tokens: Tensor | None = None):
    """CONDITIONING from a context ``[1, T, 768]``, with a layout ``[M, H, W]`` or without."""
    options = {}
    if labels is not None:
        from place_pack.nodes.host.conditioning import COND_KEY, LayoutCond
        from place_pack.place_core.bound_layout import BoundLayout

        layout = BoundLayout(labels, tokens)
        options["model_conds"] = {COND_KEY: LayoutCond(torch.arange(len(labels)), layout)}
    return [[context, options]]


def sample(model: Any, positive: list, negative: list, noise: Tensor, **changes: Any) -> Tensor:
    """Sample with the host's own machinery; PLMS over two ddim_uniform steps by default."""
    import comfy.samplers
    from place_pack.nodes.host.sampling import plms_sampler, schedule_sigmas

    arguments = {"cfg": 2.0, "steps": 2, "sampler": None, "latent": None, "mask": None} | changes
    sampler = arguments.get("sampler_object")
    if sampler is None:
        name = arguments["sampler"]
        sampler = comfy.samplers.sampler_object(name) if name else plms_sampler()
    sigmas = arguments.get("sigmas")
    if sigmas is None:
        sigmas = schedule_sigmas(model, "ddim_uniform", arguments["steps"])
    latent = arguments["latent"]
    return comfy.samplers.sample(
        model,
        noise,
        positive,
        negative,
        arguments["cfg"],
        torch.device("cpu"),
        sampler,
        sigmas,
        model_options=model.model_options,
        latent_image=torch.zeros_like(noise) if latent is None else latent,
        denoise_mask=arguments["mask"],
        disable_pbar=True,
        seed=0,
    )


def predict(model: Any, positive: list, negative: list, x: Tensor, timestep: int) -> Recorded:
    """One prediction of the sampler at a timestep, with ``x`` as the UNet's input."""
    import comfy.samplers

    sigma = model.get_model_object("model_sampling").sigmas[timestep]
    model, recorded = record(model)

    def once(denoiser, noise, sigmas, extra_args=None, callback=None, disable=None):
        denoiser(x * (1 + sigma**2).sqrt(), sigma * torch.ones(1), **extra_args)
        return noise

    sampler = comfy.samplers.KSAMPLER(once)
    sigmas = torch.stack([sigma, torch.zeros(())])
    comfy.samplers.sample(
        model,
        torch.zeros_like(x),
        positive,
        negative,
        2.0,
        torch.device("cpu"),
        sampler,
        sigmas,
        latent_image=torch.zeros_like(x),
        disable_pbar=True,
    )
    return recorded


def noises(model: Any, unet: Any, width: int, least_effect: float) -> tuple[Tensor, Tensor]:
    """ε of ComfyUI with our patch, and of diffusers with our processors, for one layout.

    Args:
        model: a MODEL with PLACE applied.
        unet: the ``PlaceUNet`` that it should equal.
        width: of the context.
        least_effect: how much the layout must matter, as a share of the largest ε.

    Returns:
        ``[2, C, 8, 8]`` each; the first of the two samples without a layout.
    """
    from place_core.layout import Layout, LayoutClass
    from place_core.training.samples import layout_scales

    torch.manual_seed(3)
    context = 4 * torch.randn(2, 77, width)
    labels = torch.zeros(1, 16, 16, dtype=torch.int16)
    labels[:, 5:, 3:] = 1
    tokens = torch.full((77,), -1)
    tokens[1:30], tokens[30:70] = 0, 1
    x = torch.randn(1, unet.unet.config.in_channels, 8, 8)
    positive, negative = conditioning(context[:1], labels, tokens), conditioning(context[1:])
    recorded = predict(model, positive, negative, x, 700)
    assert recorded.batches == [2]

    table = tuple(LayoutClass(i, str(i), str(i), (i, i, i)) for i in range(2))
    scales = layout_scales(Layout(labels, table), tokens, ((8, 8), (4, 4)))
    layout = {n: torch.stack([torch.ones_like(s), s]) for n, s in scales.items()}
    timesteps, latents = torch.tensor([700, 700]), recorded.inputs[0]
    with torch.no_grad():
        ours, _ = unet(latents, timesteps, context[[1, 0]], layout)
        plain, _ = unet(latents, timesteps, context[[1, 0]])
    effect = (ours - plain).abs().max()
    assert effect > least_effect * ours.abs().max(), "the layout must matter here"
    return recorded.outputs[0], ours
