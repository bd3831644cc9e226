"""Words for the regions of a layout."""

from __future__ import annotations

import logging

from comfy_api.latest import io, ui

from ..place_core.layout import Layout
from ..place_core.prompts import read_prompt
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
                    # Not for dynamic prompts: the front end would send another text than the rows
                    # count and the API gets.
                    placeholder="tree = an old oak\nsky = stormy sky",
                    tooltip=(
                        "One 'class = words' a line; the class by name, number or #color. Classes "
                        "without a line use the words of the table. Emphasis (word:1.2), "
                        "embedding:NAME and BREAK work. Commas are dropped, as in training. What "
                        "follows // is a comment. Dynamic prompts are off, braces are plain text; "
                        "for random words connect a text that another node makes."
                    ),
                ),
                io.String.Input(
                    "global_prompt",
                    default="",
                    multiline=True,
                    optional=True,
                    placeholder="style, light, mood of the whole picture",
                    tooltip=(
                        "Words that belong to no region. They come after those of the classes. "
                        "What follows // is a comment; braces are plain text."
                    ),
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
        prompt = read_prompt(layout, class_prompts, global_prompt)
        for note in prompt.notes:
            logging.warning("[PLACE] %s", note)
        conditioning, tokens = encode_prompt(clip, prompt.segments, layout.labels, layout.present())
        shown = ui.PreviewText("\n".join([prompt.text, *prompt.notes])).as_dict()
        shown |= {"place_classes": class_rows(layout), "place_tokens": list(tokens.usage())}
        shown |= {"place_notes": list(prompt.notes)}
        return io.NodeOutput(conditioning, prompt.text, ui=shown)
