"""Words for the regions of a layout."""

from __future__ import annotations

import logging

from comfy_api.latest import io, ui

from ..place_core.layout import Layout
from ..place_core.prompts import parse_class_prompts, prompt_segments, wordless
from .class_rows import class_rows
from .host.conditioning import encode_prompt
from .sockets import CATEGORY, PlaceLayout


class PLACEPromptEncoder(io.ComfyNode):
    """CONDITIONING whose tokens know their class and carry the layout."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACEPromptEncoder",
            display_name="Per-Class Prompt Encoder",
            category=CATEGORY,
            description=(
                "Says in words what each region of the layout is. The result is an ordinary "
                "CONDITIONING that carries the layout, for PLACE KSampler or, with Apply PLACE, "
                "for any sampler. Write an empty CLIP Text Encode for the negative."
            ),
            search_aliases=["regional prompt", "area prompt", "region words", "layout prompt"],
            inputs=[
                io.Clip.Input("clip", tooltip="The text encoder of the checkpoint."),
                PlaceLayout.Input("layout", tooltip="What Segmentation to LCM understood."),
                io.String.Input(
                    "class_prompts",
                    default="",
                    multiline=True,
                    optional=True,
                    dynamic_prompts=True,
                    placeholder="tree = an old oak\nsky = stormy sky",
                    tooltip=(
                        "One 'class = words' a line; the class by name, number or #color. Classes "
                        "without a line use the words of the table. Emphasis (word:1.2), "
                        "embedding:NAME and BREAK work. Commas are dropped, as in training."
                    ),
                ),
                io.String.Input(
                    "global_prompt",
                    default="",
                    multiline=True,
                    optional=True,
                    dynamic_prompts=True,
                    placeholder="style, light, mood of the whole picture",
                    tooltip="Words that belong to no region. They come after those of the classes.",
                ),
            ],
            outputs=[
                io.Conditioning.Output(tooltip="The positive conditioning, with the layout."),
                io.String.Output(display_name="PROMPT", tooltip="The prompt as encoded."),
            ],
        )

    @classmethod
    def execute(
        cls, clip: object, layout: Layout, class_prompts: str = "", global_prompt: str = ""
    ) -> io.NodeOutput:
        if clip is None:
            raise ValueError(
                "clip: nothing came in. The checkpoint holds no text encoder; load one with "
                "Load CLIP."
            )
        prompts = parse_class_prompts(class_prompts, layout)
        segments = prompt_segments(layout, prompts.words, global_prompt)
        notes = list(prompts.notes)
        if silent := wordless(layout, prompts.words):
            names = ", ".join(c.name for c in silent)
            notes.append(f"without words, left to the rest of the prompt: {names}")
        for note in notes:
            logging.warning("[PLACE] class_prompts: %s", note)
        prompt = " ".join(segment.text for segment in segments)
        conditioning, tokens = encode_prompt(clip, segments, layout.labels, layout.present())
        shown = ui.PreviewText("\n".join([prompt, *notes])).as_dict()
        shown |= {"place_classes": class_rows(layout), "place_tokens": list(tokens.usage())}
        return io.NodeOutput(conditioning, prompt, ui=shown)
