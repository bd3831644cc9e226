"""The pictures of help pages that show the nodes at work: runs of the bundled demo model.

A real ComfyUI runs the drawing of `1 First picture`, with its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from help_pages import save
from PIL import Image

from host_client import HostClient, Prompt
from in_server import WORKFLOWS, chain, read_workflow, required_path, run_pictures, running_server

FIRST = next(file for file in WORKFLOWS if file.stem == "1 First picture")
SHOWN, GAP = 176, 6
WORDS_RECORDED = "boat, house"

Nodes = dict[str, tuple[str, Mapping[str, Any]]]


def nodes(**sampler: Any) -> Nodes:
    """The first workflow up to its picture; ``sampler`` are inputs of PLACE KSampler."""
    painter = next(
        node for node in read_workflow(FIRST)["nodes"] if node["type"] == "PLACELayoutPainter"
    )
    settings = {"model": "model.0", "positive": "words.0", "negative": "negative.0"}
    settings |= {"latent_image": "latent.0", "seed": 7, "steps": 30, "cfg": 3.0} | sampler
    return {
        "model": ("PLACEModelLoader", {"ckpt_name": "bundled: place_demo.safetensors"}),
        "layout": ("PLACELayoutPainter", {"drawing": painter["widgets_values"][0]}),
        "words": ("PLACEPromptEncoder", {"clip": "model.1", "layout": "layout.0"}),
        "negative": ("CLIPTextEncode", {"clip": "model.1", "text": ""}),
        "latent": ("EmptyLatentImage", {"width": 128, "height": 128, "batch_size": 1}),
        "sampler": ("PLACEKSampler", settings),
        "picture": ("VAEDecode", {"samples": "sampler.0", "vae": "model.2"}),
    }


def shown(client: HostClient, parts: Nodes, output: str = "picture.0") -> np.ndarray:
    """The picture that an output has."""
    prompt: Prompt = chain(**parts, shown=("PreviewImage", {"images": output}))
    return run_pictures(client, prompt, "temp")[-1]


def side_by_side(pictures: Sequence[np.ndarray]) -> Image.Image:
    page = Image.new("RGB", (len(pictures) * (SHOWN + GAP) - GAP, SHOWN), "white")
    for number, picture in enumerate(pictures):
        small = Image.fromarray(picture).resize((SHOWN, SHOWN), Image.Resampling.LANCZOS)
        page.paste(small, (number * (SHOWN + GAP), 0))
    return page


def main() -> None:
    with running_server(required_path("PLACE_COMFYUI_PATH")) as server:
        client = server.client

        def with_values(name: str, values: Sequence[Any]) -> Image.Image:
            return side_by_side([shown(client, nodes(**{name: value})) for value in values])

        understood = shown(client, nodes(), "layout.1")
        save("PLACELayoutPainter", Image.fromarray(understood))
        save("PLACEModelLoader", with_values("seed", (7, 8, 9, 10)))
        save("PLACEKSampler", with_values("strength", (0.0, 0.5, 1.0)))
        save("PLACEPLMS", with_values("steps", (4, 8, 16, 30)))
        schedules = [
            nodes(model="applied.0")
            | {"applied": ("PLACEApply", {"model": "model.0", "alpha": alpha})}
            for alpha in ("learned", "cosine", "linear", "constant")
        ]
        save("PLACEApply", side_by_side([shown(client, parts) for parts in schedules]))
        plot = {"alpha": ("PLACEAlphaPlot", {"model": "model.0", "steps": 30})}
        (curves,) = run_pictures(client, chain(model=nodes()["model"], **plot), "temp")
        save("PLACEFusionLoader", Image.fromarray(curves))
        recorded = nodes(model="recorder.0") | {
            "recorder": (
                "PLACERecordFusion",
                {"model": "model.0", "words": WORDS_RECORDED, "layers": "16"},
            ),
            "maps": (
                "PLACEFusionMaps",
                {"recording": "recorder.1", "latent": "sampler.0", "image": "picture.0"},
            ),
        }
        sheet = Image.fromarray(run_pictures(client, chain(**recorded), "temp")[-1])
        save("PLACEFusionMaps", sheet)
        save("PLACERecordFusion", sheet.crop((0, 0, sheet.width, sheet.height // 2)))


if __name__ == "__main__":
    main()
