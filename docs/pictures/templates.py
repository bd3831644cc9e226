"""The cards of the template browser: a square picture beside each workflow, half map, half picture.

A real ComfyUI runs each workflow as it is, with the bundled model. The weights of SAM 3 are not
here: in place of what it would find are the regions that its picture was painted with.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

import workflow
from host_client import HostClient, Prompt, pictures
from in_server import RUN_SECONDS, WORKFLOWS, read_workflow, required_path, running_server

SIDE, QUALITY = 512, 85
TOP, BOTTOM, LINE = 320, 192, 6
"""Where the line between map and picture meets the edges, and its width in pixels."""

MAP = "map"
FINDERS = {"SAM3_Detect"}


def made_by(client: HostClient, prompt: Prompt) -> tuple[np.ndarray, list[np.ndarray]]:
    """The map that the words of a workflow are for, and what it makes of it."""
    encoders = [n for n in prompt if prompt[n]["class_type"] == "PLACEPromptEncoder"]
    # The workflow's own, rather than one inside of a subgraph that makes its input.
    encoder = prompt[min(encoders, key=lambda number: number.count(":"))]
    if any(node["class_type"] in FINDERS for node in prompt.values()):
        (source,) = (n for n in prompt if prompt[n]["class_type"] == "PLACELayoutPainter")
        encoder["inputs"]["layout"] = [source, 0]
        left_out = {*FINDERS, "PLACEMasksToLCM"}
        prompt = {n: node for n, node in prompt.items() if node["class_type"] not in left_out}
    drawn = {"layout": encoder["inputs"]["layout"], "colors": "own colors"}
    prompt[MAP] = {"class_type": "PLACELayoutToImage", "inputs": drawn}
    entry = client.run(prompt, RUN_SECONDS)
    maps = entry["outputs"].pop(MAP)["images"]
    made = pictures(entry, "output") or pictures(entry, "temp")
    return last_frame(client.fetch(maps[-1])), [last_frame(client.fetch(one)) for one in made]


def last_frame(content: bytes) -> np.ndarray:
    """``[H, W, 3]`` of 0..255: a picture, or the last one of an animation."""
    with Image.open(io.BytesIO(content)) as image:
        image.seek(getattr(image, "n_frames", 1) - 1)
        return np.asarray(image.convert("RGB"))


def card(map_: np.ndarray, made: Sequence[np.ndarray]) -> Image.Image:
    """Map at the left, picture at the right; several pictures have a strip each."""
    ratio = map_.shape[1] / map_.shape[0]
    strips = Image.new("RGB", (SIDE, SIDE))
    for number, pixels in enumerate(made):
        # Of pictures side by side the last one.
        width = min(pixels.shape[1], round(pixels.shape[0] * ratio))
        whole = square(pixels[:, -width:], Image.Resampling.LANCZOS)
        strip = (0, SIDE * number // len(made), SIDE, SIDE * (number + 1) // len(made))
        strips.paste(whole.crop(strip), strip[:2])
    left = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(left).polygon([(0, 0), (TOP, 0), (BOTTOM, SIDE), (0, SIDE)], fill=255)
    strips.paste(square(map_, Image.Resampling.NEAREST), (0, 0), left)
    ImageDraw.Draw(strips).line([(TOP, 0), (BOTTOM, SIDE)], fill="white", width=LINE)
    return strips


def square(pixels: np.ndarray, resampling: Image.Resampling) -> Image.Image:
    """The middle of a picture ``[H, W, 3]`` as a square."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = Image.fromarray(pixels[top : top + side, left : left + side])
    return middle.resize((SIDE, SIDE), resampling)


def main() -> None:
    with running_server(required_path("PLACE_COMFYUI_PATH")) as server:
        known = server.client.object_info()
        for file in WORKFLOWS:
            prompt = workflow.to_prompt(read_workflow(file), known)
            target = file.with_suffix(".jpg")
            card(*made_by(server.client, prompt)).save(target, quality=QUALITY)
            print(f"{target.name}: {target.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
