"""The pictures of an evaluation: one for each map of a data set, made as the nodes make them.

A map is laid over the whole square picture, whatever its aspect ratio, as in the authors' script;
unlike there it is not resized first, since layout control maps count areas exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from ..alpha import DEFAULT_SCHEDULE, SCHEDULES, FusionSettings
from ..checkpoint.diffusers_model import Model
from ..checkpoint.files import written_whole
from ..layout import Layout
from ..pixels import from_unit
from ..prompts import parse_class_prompts, prompt_segments, wordless
from ..training.data import PairedFiles, Unreadable
from ..training.data.captions import decode_text
from ..training.diffusion import decode_latents, shapes_of
from ..training.model import PlaceUNet
from ..training.sampling import sample_guided
from ..training.tokenizer import PromptTokenizer
from .controls import AlphaOf, Painter, learned, place, scheduled
from .errors import EvaluationError
from .request import LayoutRequest
from .sampling import start_noise
from .settings import Settings

PICTURES = "pictures"


def read_words(path: Path, source: PairedFiles) -> Mapping[int, str]:
    """Words by class id from lines ``class = words``, see :func:`parse_class_prompts`.

    Raises:
        EvaluationError: the file cannot be read, or a line is not of that form.
    """
    every = torch.tensor([[[c.id for c in source.classes]]], dtype=torch.int16)
    try:
        text = decode_text(path.read_bytes())
        return parse_class_prompts(text, Layout(every, source.classes)).words
    except OSError as error:
        raise EvaluationError(f"--words {path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise EvaluationError(f"--words {path}: {error}") from error


def read_request(source: PairedFiles, index: int, settings: Settings) -> LayoutRequest:
    """A map of the data with its words; those of the settings win over the picture's own.

    Raises:
        Unreadable: the map or its photograph cannot be read.
    """
    pair = source.load(index)
    words = {**pair.words, **(settings.words or {})}
    free = " ".join(text for text in (pair.global_prompt, settings.global_prompt) if text)
    return LayoutRequest(Layout(pair.labels[None], source.classes), words, free)


def prompt_text(request: LayoutRequest) -> str:
    """The whole prompt as one text, "" where there are no words."""
    layout = request.layout
    if len(wordless(layout, request.words)) == len(layout.present()) and not request.global_prompt:
        return ""
    segments = prompt_segments(layout, request.words, request.global_prompt)
    return " ".join(segment.text for segment in segments)


def stored_name(source: PairedFiles, index: int) -> str:
    """The name of the PNG of a map, inside the folder of its kind."""
    return str(PurePosixPath(source.name(index)).with_suffix(".png"))


def choose_alpha(wanted: str | None, model: Model) -> str:
    """``learned`` or the name of a schedule.

    Raises:
        EvaluationError: learned heads are asked of a model that has none.
    """
    if wanted == "learned" and model.heads is None:
        raise EvaluationError(
            "--alpha is learned, but the model has no PLACE heads. Choose a schedule: --alpha "
            f"{DEFAULT_SCHEDULE}, or leave the option away."
        )
    return wanted or ("learned" if model.heads is not None else DEFAULT_SCHEDULE)


def precision(device: torch.device) -> torch.dtype:
    """What the networks of Stable Diffusion compute in; scores and α are float32 anyway."""
    return torch.float16 if device.type == "cuda" else torch.float32


def make_pictures(
    model: Model,
    tokenizer: PromptTokenizer,
    source: PairedFiles,
    indices: Sequence[int],
    settings: Settings,
    alpha: str,
    device: torch.device,
) -> list[str]:
    """Write ``pictures/NAME.png`` for each map that has none yet, each file whole or not at all.

    The noise depends on the seed and on the map's number only.

    Args:
        model: moved to ``device``.
        tokenizer: of its text encoder.
        source: the data.
        indices: of the maps.
        settings: of the evaluation.
        alpha: of :func:`choose_alpha`.
        device: where to sample.

    Returns:
        Which maps were passed over, and why.

    Raises:
        EvaluationError: the model makes NaN.
        OSError: the disk is full.
    """
    folder = settings.output / PICTURES
    todo = [i for i in indices if not (folder / stored_name(source, i)).is_file()]
    if not todo:
        return []
    model.to(device)
    unet = PlaceUNet(model.unet, model.heads).to(device)
    shapes = shapes_of(model.unet, model.vae, (settings.resolution, settings.resolution))
    painter = Painter(unet, model.text_encoder, tokenizer, shapes)
    problems: list[str] = []

    def requests() -> Iterator[tuple[int, LayoutRequest]]:
        for index in tqdm(todo, "pictures"):
            try:
                yield index, read_request(source, index, settings)
            except Unreadable as error:
                problems.append(str(error))

    for batch in batches(requests(), settings.batch):
        numbers = [index for index, _ in batch]
        made = _sample(model, painter, batch, settings, _alpha_of(alpha))
        for index, picture in zip(numbers, made, strict=True):
            with written_whole(folder / stored_name(source, index)) as part:
                Image.fromarray(picture).save(part)
    return problems


def batches(items: Iterator, size: int) -> Iterator[list]:
    """Lists of up to ``size`` items."""
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


@torch.no_grad()
def _sample(
    model: Model,
    painter: Painter,
    batch: Sequence[tuple[int, LayoutRequest]],
    settings: Settings,
    alpha_of: AlphaOf,
) -> np.ndarray:
    """``[B, H, W, 3]`` uint8."""
    device = painter.device
    dtype = precision(device)
    noise = torch.stack([start_noise(settings.seed, i, painter.shapes.latent) for i, _ in batch])
    with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
        predict = place(alpha_of)(painter, [request for _, request in batch])
        latents = sample_guided(predict, noise.to(device), settings.steps, settings.guidance)
    if not latents.isfinite().all():
        numbers = ", ".join(str(index) for index, _ in batch)
        raise EvaluationError(
            f"the model made values that are no numbers, in {dtype}, for the maps {numbers}: its "
            "weights are damaged, or their training went wrong."
        )
    # In float32: the decoder is a small part of the time, and some of them overflow in float16.
    return from_unit(decode_latents(model.vae, latents))


def _alpha_of(name: str) -> AlphaOf:
    if name == "learned":
        return learned
    return scheduled(FusionSettings(schedule=SCHEDULES[name]))
