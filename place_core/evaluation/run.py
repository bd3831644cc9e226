"""An evaluation from the first picture to the table."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from ..checkpoint.diffusers_model import load_model
from ..checkpoint.files import read_metadata, written_whole
from ..files import write_text
from ..pixels import from_unit
from ..training.data import DataError, PairedFiles, View, paired, view_image
from ..training.tokenizer import load_tokenizer
from .agreement import Agreement
from .class_names import ClassMatch, match_classes
from .errors import EvaluationError
from .fid import LEAST_PICTURES, load_fid, measure_fid
from .pictures import (
    PICTURES,
    batches,
    choose_alpha,
    make_pictures,
    precision,
    prompt_text,
    read_request,
    stored_name,
)
from .segmenter import Segmenter
from .settings import Settings, facts, keep
from .table import Results, table
from .text_alignment import TextAlignment

LABELS, LABELS_OF_PHOTOGRAPHS = "labels", "labels_of_photographs"

# A segmenter makes as many scores as there are classes for every pixel.
_MOST_PIXELS = 1024 * 1024


@dataclass(frozen=True)
class Networks:
    """What measures; None for a measure that is left out."""

    segmenter: Segmenter | None
    match: ClassMatch | None
    fid: Any
    clip: TextAlignment | None


def evaluate(
    settings: Settings,
    fid_network: torch.nn.Module | None = None,
    say: Callable[[str], None] = print,
) -> Results:
    """Sample what is missing, measure, and write ``table.md`` and ``results.json``.

    Everything that is needed is opened before the first picture is sampled.

    Args:
        settings: of the evaluation.
        fid_network: instead of Inception, see :func:`.fid.load_fid`.
        say: gets what people should know meanwhile.

    Raises:
        EvaluationError, ConfigError, CheckpointError, DataError: something that is needed is not
            there, or the output is of another evaluation.
        OSError: the disk is full.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    source = paired(settings.data.kind, settings.data.path, settings.data.split)
    indices = range(min(settings.limit or len(source), len(source)))
    if settings.fid and len(indices) < LEAST_PICTURES:
        raise EvaluationError(
            f"FID needs {LEAST_PICTURES} pictures or more, there is {len(indices)}. Raise --limit, "
            "or leave it out: --without fid."
        )
    model = load_model(settings.model)
    tokenizer = load_tokenizer(settings.tokenizer, model.tokenizer_folder)
    alpha = choose_alpha(settings.alpha, model)
    networks = _load_networks(settings, source, device, fid_network)
    kept = facts(settings, source, alpha, str(precision(device)).removeprefix("torch."))
    keep(settings.output, kept)
    passed_over = make_pictures(model, tokenizer, source, indices, settings, alpha, device)
    for problem in passed_over:
        say(f"passed over: {problem}")
    made = [i for i in indices if _path(settings, PICTURES, source, i).is_file()]
    if not made:
        raise DataError(f"none of {len(indices)} maps can be read; the first: {passed_over[0]}")
    results = dataclasses.replace(
        _measure(networks, settings, source, made, device),
        maps=len(source),
        passed_over=tuple(passed_over),
        description=read_metadata(settings.model).get("modelspec.description", ""),
    )
    _write(results, settings, alpha, kept)
    return results


def _load_networks(
    settings: Settings,
    source: PairedFiles,
    device: torch.device,
    fid_network: torch.nn.Module | None,
) -> Networks:
    segmenter = Segmenter(settings.segmenter, device) if settings.segmenter else None
    return Networks(
        segmenter,
        match_classes(source.classes, segmenter.labels) if segmenter else None,
        load_fid(device, fid_network) if settings.fid else None,
        TextAlignment(settings.clip, device) if settings.clip else None,
    )


def _measure(
    networks: Networks,
    settings: Settings,
    source: PairedFiles,
    made: Sequence[int],
    device: torch.device,
) -> Results:
    results = Results(len(made), len(made))

    def pictures() -> Iterator[Image.Image]:
        for index in made:
            with Image.open(_path(settings, PICTURES, source, index)) as picture:
                yield picture.convert("RGB")

    def photographs() -> Iterator[Image.Image]:
        return (_photograph(source, index, settings.resolution) for index in made)

    if networks.segmenter is not None and networks.match is not None:
        match, segmenter = networks.match, networks.segmenter
        of_pictures, of_photographs = (
            _agreement(segmenter, match, shown, settings, source, made, kind)
            for shown, kind in ((pictures(), LABELS), (photographs(), LABELS_OF_PHOTOGRAPHS))
        )
        iou = dict(zip(match.names, of_pictures.iou().tolist(), strict=False))
        results = dataclasses.replace(
            results,
            miou=of_pictures.mean_iou(),
            photographs_miou=of_photographs.mean_iou(),
            accuracy=of_pictures.accuracy(),
            iou={name: value for name, value in iou.items() if not math.isnan(value)},
            unmeasured=match.missing,
        )
    if networks.fid is not None:
        sets = (
            _tensors(shown, settings.batch, f"FID, {name}", len(made))
            for shown, name in ((pictures(), "pictures"), (photographs(), "photographs"))
        )
        results = dataclasses.replace(results, fid=measure_fid(networks.fid, *sets, device))
    if networks.clip is not None:
        similarity = _text_similarity(networks.clip, pictures(), settings, source, made)
        results = dataclasses.replace(results, text_similarity=similarity)
    return results


def _agreement(
    segmenter: Segmenter,
    match: ClassMatch,
    pictures: Iterator[Image.Image],
    settings: Settings,
    source: PairedFiles,
    made: Sequence[int],
    kind: str,
) -> Agreement:
    """Count how pictures agree with their maps, at the size of the maps.

    Label maps are kept as PNG, of the network's own labels.
    """
    agreement = Agreement(len(match.names) + 1)
    pairs = zip(made, tqdm(pictures, kind.replace("_", " "), len(made)), strict=True)
    for batch in batches(pairs, settings.batch):
        wanted = {i: source.load(i).labels for i, _ in batch}
        missing = [
            (i, picture.resize(_segmented_size(wanted[i]), Image.Resampling.LANCZOS))
            for i, picture in batch
            if not _path(settings, kind, source, i).is_file()
        ]
        if missing:
            found = segmenter([picture for _, picture in missing])
            for (index, _), labels in zip(missing, found, strict=True):
                with written_whole(_path(settings, kind, source, index)) as part:
                    Image.fromarray(labels.numpy().astype(np.uint16)).save(part)
        for index, _ in batch:
            labels = _read_labels(_path(settings, kind, source, index), wanted[index].shape)
            agreement.add(match.found(labels), match.wanted(wanted[index]))
    return agreement


def _segmented_size(labels: Tensor) -> tuple[int, int]:
    """``(width, height)``: the map's, in its aspect ratio, or smaller where it is very large."""
    height, width = labels.shape
    scale = min(1.0, math.sqrt(_MOST_PIXELS / (height * width)))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _read_labels(path: Path, size: Sequence[int]) -> Tensor:
    """``[H, W]`` int64 at the size of the map."""
    with Image.open(path) as picture:
        nearest = picture.resize((size[1], size[0]), Image.Resampling.NEAREST)
        return torch.from_numpy(np.asarray(nearest).astype(np.int64))


def _text_similarity(
    clip: TextAlignment,
    pictures: Iterator[Image.Image],
    settings: Settings,
    source: PairedFiles,
    made: Sequence[int],
) -> float:
    """Mean over the pictures that have words; NaN where none has."""
    found = []
    pairs = zip(made, tqdm(pictures, "text alignment", len(made)), strict=True)
    for batch in batches(pairs, settings.batch):
        texts = [prompt_text(read_request(source, index, settings)) for index, _ in batch]
        worded = [(p, text) for (_, p), text in zip(batch, texts, strict=True) if text]
        if worded:
            found.append(clip(*zip(*worded, strict=True)))
    return float(torch.cat(found).mean()) if found else math.nan


def _photograph(source: PairedFiles, index: int, resolution: int) -> Image.Image:
    """All of a photograph at the size of the pictures, as its map is laid over them."""
    image = source.load(index).image
    whole = View(0, 0, image.width, image.height, flip=False)
    shown = view_image(image, whole, (resolution, resolution))
    return Image.fromarray(from_unit(shown.permute(1, 2, 0) / 2 + 0.5))


def _tensors(
    pictures: Iterator[Image.Image], size: int, title: str, total: int
) -> Iterator[Tensor]:
    """Batches ``[B, 3, H, W]`` uint8, with a progress bar."""
    for batch in batches(tqdm(pictures, title, total), size):
        arrays = np.stack([np.asarray(picture) for picture in batch])
        yield torch.from_numpy(arrays).permute(0, 3, 1, 2)


def _path(settings: Settings, kind: str, source: PairedFiles, index: int) -> Path:
    return settings.output / kind / stored_name(source, index)


def _write(results: Results, settings: Settings, alpha: str, kept: dict[str, Any]) -> None:
    values = {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in dataclasses.asdict(results).items()
    }
    content = {"results": values, "settings": kept}
    text = json.dumps(content, indent=2, ensure_ascii=False)
    write_text(settings.output / "results.json", f"{text}\n")
    write_text(settings.output / "table.md", table(results, settings, alpha))
