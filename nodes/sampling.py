"""Sampling as the paper does."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from comfy_api.latest import io

from ..place_core.alpha import AlphaHeads, FusionSettings
from .host import sampling
from .host.conditioning import bound_layouts
from .host.patching import apply_place, attached_heads, fusion_settings
from .sockets import CATEGORY, PlaceFusion


class PLACEKSampler(io.ComfyNode):
    """Apply PLACE and KSampler in one, with the paper's sampler and settings."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACEKSampler",
            display_name="PLACE KSampler",
            category=CATEGORY,
            description=(
                "Samples with layout control: the short way, with the paper's settings (PLMS, 50 "
                "steps, cfg 2). A model that comes from Apply PLACE keeps the settings made there."
            ),
            search_aliases=["layout sampler", "plms", "sample with layout"],
            inputs=[
                io.Model.Input("model", tooltip="Of Load PLACE Model, or any other."),
                io.Conditioning.Input(
                    "positive", tooltip="Of the Per-Class Prompt Encoder: it carries the layout."
                ),
                io.Conditioning.Input("negative", tooltip="The paper uses an empty prompt."),
                io.Latent.Input(
                    "latent_image",
                    tooltip="Its size is the picture's; the layout fits itself to any.",
                ),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=0xFFFFFFFFFFFFFFFF,
                    control_after_generate=True,
                    tooltip="The noise that the picture is made from.",
                ),
                io.Int.Input(
                    "steps", optional=True, default=50, min=1, max=10000, tooltip="Sampling steps."
                ),
                io.Float.Input(
                    "cfg",
                    optional=True,
                    default=2.0,
                    min=0.0,
                    max=100.0,
                    step=0.1,
                    round=0.01,
                    tooltip="How much the words count. PLACE wants a low value.",
                ),
                io.Combo.Input(
                    "sampler_name",
                    optional=True,
                    options=sampling.sampler_names(),
                    default=sampling.PLMS,
                    tooltip="'plms' is the paper's.",
                ),
                io.Combo.Input(
                    "scheduler",
                    optional=True,
                    options=sampling.scheduler_names(),
                    default="ddim_uniform",
                    tooltip="'ddim_uniform' is the paper's.",
                ),
                io.Float.Input(
                    "denoise",
                    optional=True,
                    default=1.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Below 1 the latent image is kept in part (img2img, second pass).",
                ),
                io.Float.Input(
                    "strength",
                    optional=True,
                    default=1.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Factor on the fusion weight alpha. At 0 the layout is ignored.",
                ),
                PlaceFusion.Input(
                    "fusion",
                    optional=True,
                    tooltip="Learned heads to use instead of those inside the model.",
                ),
            ],
            outputs=[io.Latent.Output(tooltip="The sampled latents.")],
        )

    @classmethod
    def execute(
        cls,
        model: Any,
        positive: list,
        negative: list,
        latent_image: dict,
        seed: int,
        steps: int = 50,
        cfg: float = 2.0,
        sampler_name: str = sampling.PLMS,
        scheduler: str = "ddim_uniform",
        denoise: float = 1.0,
        strength: float = 1.0,
        fusion: AlphaHeads | None = None,
    ) -> io.NodeOutput:
        if not bound_layouts(positive):
            logging.warning(
                "[PLACE] positive carries no layout, so none is followed; use the conditioning of "
                "the Per-Class Prompt Encoder"
            )
        settings = fusion_settings(model) or FusionSettings(attached_heads(model))
        model = apply_place(
            model,
            replace(
                settings,
                heads=fusion or settings.heads,
                strength=settings.strength * strength,
            ),
        )
        latent = sampling.sample(
            model,
            positive,
            negative,
            latent_image,
            seed,
            steps,
            cfg,
            sampler_name,
            scheduler,
            denoise,
        )
        return io.NodeOutput(latent)


class PLACEPLMS(io.ComfyNode):
    """The paper's sampler for the custom sampling nodes."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACEPLMS",
            display_name="PLMS Sampler",
            category=CATEGORY,
            description=(
                "The PLMS sampler of latent diffusion, which the paper uses, for SamplerCustom and "
                "SamplerCustomAdvanced. Made for the ddim_uniform schedule."
            ),
            search_aliases=["plms", "pseudo linear multistep", "latent diffusion sampler"],
            inputs=[],
            outputs=[io.Sampler.Output(tooltip="For SamplerCustom or SamplerCustomAdvanced.")],
        )

    @classmethod
    def execute(cls) -> io.NodeOutput:
        return io.NodeOutput(sampling.plms_sampler())
