"""Loading PLACE checkpoints and heads files."""

from __future__ import annotations

import logging

from comfy_api.latest import io, ui

from ..place_core.alpha import DEFAULT_SCHEDULE
from ..place_core.checkpoint import NoHeadsError, read_heads
from .host import loading
from .sockets import CATEGORY, PlaceFusion


class PLACEModelLoader(io.ComfyNode):
    """A checkpoint, and the heads of α inside it."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACEModelLoader",
            display_name="Load PLACE Model",
            category=CATEGORY,
            description=(
                "Loads a Stable Diffusion 1.x checkpoint that was trained with PLACE, such as "
                "ade20k_best.ckpt or coco_best.ckpt, from models/checkpoints or models/place. The "
                "learned fusion weights travel inside MODEL. An ordinary checkpoint loads too; "
                "its layout control then follows an alpha schedule. So do small models of the "
                "same design, in the files that PLACE's trainer writes."
            ),
            search_aliases=["layout control", "segmentation checkpoint", "place checkpoint"],
            inputs=[
                io.Combo.Input(
                    "ckpt_name",
                    options=loading.checkpoint_names(),
                    tooltip=(
                        "A file in models/checkpoints or models/place, or a model that came with "
                        "PLACE."
                    ),
                )
            ],
            outputs=[
                io.Model.Output(tooltip="The model, with its learned fusion weights inside."),
                io.Clip.Output(tooltip="The text encoder."),
                io.Vae.Output(tooltip="Turns latents into pictures and back."),
                PlaceFusion.Output(
                    display_name="FUSION",
                    tooltip="The learned fusion weights alone, to use with another model.",
                ),
            ],
        )

    @classmethod
    def execute(cls, ckpt_name: str) -> io.NodeOutput:
        path = loading.checkpoint_path(ckpt_name)
        try:
            heads = read_heads(path)
            text = f"{len(heads.layers)} fusion heads"
        except NoHeadsError:
            heads = None
            text = f"no fusion heads: alpha follows the {DEFAULT_SCHEDULE} schedule"
            logging.info("[PLACE] %s has %s", ckpt_name, text)
        model, clip, vae = loading.load_checkpoint(path, heads)
        return io.NodeOutput(model, clip, vae, heads, ui=ui.PreviewText(text))


class PLACEFusionLoader(io.ComfyNode):
    """Heads of α from a file of their own, or out of a checkpoint."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACEFusionLoader",
            display_name="Load PLACE Fusion",
            category=CATEGORY,
            description=(
                "Loads learned fusion weights alone (about 80 kB) from models/place, to use them "
                "with any checkpoint of the same family. Takes a heads file or a whole PLACE "
                "checkpoint."
            ),
            search_aliases=["place heads", "fusion weights", "alpha heads"],
            inputs=[
                io.Combo.Input(
                    "fusion_name",
                    options=loading.fusion_names(),
                    tooltip="A file in models/place.",
                )
            ],
            outputs=[
                PlaceFusion.Output(
                    display_name="FUSION", tooltip="For Apply PLACE or PLACE KSampler."
                )
            ],
        )

    @classmethod
    def execute(cls, fusion_name: str) -> io.NodeOutput:
        return io.NodeOutput(read_heads(loading.checkpoint_path(fusion_name)))
