"""Seeing what the model will see."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io, ui

from ..place_core.alpha import FusionSettings
from ..place_core.drawing import draw_alpha, draw_fraction
from ..place_core.layout import Layout
from ..place_core.lcm import layout_fractions
from .host import sampling
from .host.patching import apply_place, attached_heads, fusion_settings
from .sockets import CATEGORY, PlaceLayout


class PLACELayoutPreview(io.ComfyNode):
    """The layout control map of a class at one depth of the UNet, as a heat map."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACELayoutPreview",
            display_name="Preview LCM",
            category=CATEGORY,
            is_output_node=True,
            description=(
                "Shows how much of a class lies under each image token of the UNet: what the "
                "model is told about the layout."
            ),
            search_aliases=["layout control map", "show layout", "coverage", "heat map"],
            inputs=[
                PlaceLayout.Input("layout", tooltip="The layout to look at."),
                io.Int.Input(
                    "grid",
                    default=64,
                    min=1,
                    max=512,
                    optional=True,
                    tooltip=(
                        "Image tokens along the longer side. A picture of 512 pixels has grids of "
                        "64, 32, 16 and 8."
                    ),
                ),
                io.String.Input(
                    "class_name",
                    default="",
                    optional=True,
                    tooltip="A class by name or number. Empty: a picture for each class found.",
                ),
            ],
            outputs=[io.Image.Output(tooltip="One picture for each map, or for each class.")],
        )

    @classmethod
    def execute(cls, layout: Layout, grid: int = 64, class_name: str = "") -> io.NodeOutput:
        shape = _grid_shape(layout, grid)
        chosen = [layout.find(class_name)] if class_name.strip() else layout.present()
        pictures = []
        for labels in layout.labels:
            shown = set(labels.unique().tolist())
            classes = [c for c in chosen if class_name.strip() or c.id in shown]
            fractions = layout_fractions(labels, [c.id for c in classes], shape)
            for c, fraction in zip(classes, fractions, strict=True):
                title = f"{c.label}  {shape[0]} x {shape[1]}"
                pictures.append(draw_fraction(fraction, title))
        if not pictures:
            raise ValueError("layout: the map is void everywhere; there is nothing to show")
        sheets = torch.cat(pictures)
        return io.NodeOutput(sheets, ui=ui.PreviewImage(sheets, cls=cls))


def _grid_shape(layout: Layout, longer: int) -> tuple[int, int]:
    scale = longer / max(layout.height, layout.width)
    return max(1, round(layout.height * scale)), max(1, round(layout.width * scale))


class PLACEAlphaPlot(io.ComfyNode):
    """α over the steps of sampling."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACEAlphaPlot",
            display_name="Plot Alpha",
            category=CATEGORY,
            is_output_node=True,
            description=(
                "Plots how strongly the layout acts over the sampling steps: a line for each "
                "cross-attention layer of a model with learned heads, one line for a schedule."
            ),
            search_aliases=["fusion weight", "alpha curve", "layout strength"],
            inputs=[
                io.Model.Input("model", tooltip="Of Apply PLACE or Load PLACE Model."),
                io.Int.Input(
                    "steps", default=50, min=1, max=1000, optional=True, tooltip="Sampling steps."
                ),
                io.Combo.Input(
                    "scheduler",
                    options=sampling.scheduler_names(),
                    default="ddim_uniform",
                    optional=True,
                    tooltip="The schedule of the sampler.",
                ),
            ],
            outputs=[io.Image.Output(tooltip="The plot.")],
        )

    @classmethod
    def execute(cls, model: Any, steps: int = 50, scheduler: str = "ddim_uniform") -> io.NodeOutput:
        if fusion_settings(model) is None:
            model = apply_place(model, FusionSettings(attached_heads(model)))
        sigmas = sampling.schedule_sigmas(model, scheduler, steps)[:-1]
        alpha, timesteps, names = sampling.alpha_over_steps(model, sigmas)
        picture = draw_alpha(
            alpha, timesteps, names, f"alpha over {len(sigmas)} steps, {scheduler}"
        )
        return io.NodeOutput(picture, ui=ui.PreviewImage(picture, cls=cls))
