"""Seeing what the fusion did: maps of words recorded while a picture was sampled."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io, ui
from torch import Tensor

from ..place_core.fusion_sheet import draw_fusion_maps
from ..place_core.recording import (
    Choice,
    FusionRecording,
    parse_layers,
    parse_steps,
    split_list,
)
from .host.patching import cross_attention_layers
from .host.recording import record_fusion
from .sockets import CATEGORY, PlaceRecording


class PLACERecordFusion(io.ComfyNode):
    """MODEL → MODEL whose sampling leaves the fusion maps of some words behind."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACERecordFusion",
            display_name="Record Fusion Maps",
            category=CATEGORY,
            description=(
                "Records where the attention goes for chosen words while a sampler runs: the "
                "fusion map of the paper (Eq. 4). Put it right before the sampler and look at the "
                "recording with Show Fusion Maps. The picture stays the same. Words of areas and "
                "of context windows are not recorded."
            ),
            search_aliases=["attention maps", "cross attention", "daam", "heat map of words"],
            inputs=[
                io.Model.Input(
                    "model", tooltip="Of Apply PLACE, or the one that goes into PLACE KSampler."
                ),
                io.String.Input(
                    "words",
                    default="",
                    multiline=True,
                    placeholder="tree\nold oak",
                    tooltip=(
                        "What to record, one a line or with commas between: classes by name or "
                        "number, or words of the prompt. All tokens of an entry count together."
                    ),
                ),
                io.String.Input(
                    "steps",
                    default="every 10",
                    optional=True,
                    tooltip="Sampling steps, the first is 1: '1, 10, 25', or 'every 10'.",
                ),
                io.String.Input(
                    "layers",
                    default="all",
                    optional=True,
                    tooltip=(
                        "'all', the tokens along the longer side of a grid ('16, 8'), or parts of "
                        "layer names as Plot Alpha shows them ('input_blocks.4, middle_block'). "
                        "Layers of one entry and one grid are averaged."
                    ),
                ),
            ],
            outputs=[
                io.Model.Output(tooltip="The same model, for one sampler or several."),
                PlaceRecording.Output(
                    display_name="RECORDING", tooltip="For Show Fusion Maps, after sampling."
                ),
            ],
        )

    @classmethod
    def execute(
        cls, model: Any, words: str, steps: str = "every 10", layers: str = "all"
    ) -> io.NodeOutput:
        asked = split_list(words)
        if not asked:
            raise ValueError(
                "words: empty. Write classes or words of the prompt, one a line, such as 'tree'."
            )
        groups = parse_layers(layers, list(cross_attention_layers(model)))
        choice = Choice(tuple(asked), parse_steps(steps), groups)
        return io.NodeOutput(*record_fusion(model, choice))


class PLACEFusionMaps(io.ComfyNode):
    """A recording, drawn over its picture."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACEFusionMaps",
            display_name="Show Fusion Maps",
            category=CATEGORY,
            is_output_node=True,
            description=(
                "Draws a recording of Record Fusion Maps over the picture: a row for each word and "
                "token grid, a column for each step. Bright is where the attention to the word is "
                "strongest; the numbers below a map say how strong."
            ),
            search_aliases=["attention maps", "heat map", "show attention"],
            inputs=[
                PlaceRecording.Input("recording", tooltip="Of Record Fusion Maps."),
                io.Latent.Input(
                    "latent",
                    tooltip=(
                        "What the sampler returned. It tells which of the model's runs is meant, "
                        "so that maps never come with another picture."
                    ),
                ),
                io.Image.Input("image", tooltip="The picture decoded from that latent."),
            ],
            outputs=[io.Image.Output(tooltip="A sheet of maps for each picture.")],
        )

    @classmethod
    def execute(cls, recording: FusionRecording, latent: dict, image: Tensor) -> io.NodeOutput:
        sheets = draw_fusion_maps(recording.run_of(latent["samples"]), image)
        return io.NodeOutput(sheets, ui=ui.PreviewImage(sheets, cls=cls))
