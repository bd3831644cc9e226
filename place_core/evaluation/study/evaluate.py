"""Pictures for a row and a seed, and what the judge says of them, in files.

The pictures are kept, so that another judge can look at them without sampling them again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np

from ...demo.requests import DemoRequest
from ...demo.scores import Scorer, Scores
from ...files import replaced
from ...pixels import from_unit, to_unit
from ...training.model import PlaceUNet
from ..sampling import sample_requests
from .context import Study, write_json
from .finetune import fine_tune
from .rows import Row

RENDERED = "rendered"
"""In the place of a row's name: the rendered scenes themselves, the most that the judge can see."""


def network_of(study: Study, row: Row, seed: int) -> PlaceUNet:
    """What a row's pictures are made with: the base, or its fine-tune of that seed."""
    if row.variant is not None:
        return fine_tune(study, row.variant, seed)
    unet = PlaceUNet(study.base.unet)
    return unet.to(study.base.unet.device).eval()


def evaluate_row(study: Study, row: Row, seed: int, scorer: Scorer) -> None:
    """Sample all layouts and write what the judge says, unless it is written already."""
    path = _result_file(study, row.name, seed)
    if path.exists():
        return
    pictures = [to_unit(p) for p in pictures_of(study, row, seed, scorer.requests)]
    write_json(path, asdict(scorer.score(pictures)))
    print(f"{row.name}, seed {seed}: done", flush=True)


def pictures_of(
    study: Study, row: Row, seed: int, requests: Sequence[DemoRequest]
) -> list[np.ndarray]:
    """A picture ``[H, W, 3]`` uint8 for each layout: sampled, or read where they are kept."""
    path = study.folder / "pictures" / f"{row.name}-seed{seed}.npz"
    if not path.exists():
        unet, settings = network_of(study, row, seed), replace(study.scale.sampling, seed=seed)
        wanted = [r.request for r in requests]
        sampled = sample_requests(study.base, unet, study.tokenizer, wanted, row.control, settings)
        with replaced(path) as part:
            np.savez_compressed(part, **{str(n): from_unit(p) for n, p in enumerate(sampled)})
    with np.load(path) as file:
        return [file[str(number)] for number in range(len(requests))]


def evaluate_rendered(study: Study, scorer: Scorer) -> None:
    """Write what the judge says of the scenes whose layouts are used."""
    path = _result_file(study, RENDERED, 0)
    if not path.exists():
        rendered = [to_unit(r.picture) for r in scorer.requests]
        write_json(path, asdict(scorer.score(rendered)))


def read_results(study: Study, names: Sequence[str]) -> dict[str, Mapping[int, Scores]]:
    """What is there so far: row → seed → scores. Rows without any are left out."""
    results = {}
    for name in names:
        paths = {seed: _result_file(study, name, seed) for seed in range(study.scale.seeds)}
        found = {seed: _read(path) for seed, path in paths.items() if path.exists()}
        if found:
            results[name] = found
    return results


def _result_file(study: Study, name: str, seed: int) -> Path:
    """What this judge said; another one's files are in a folder of their own."""
    return study.folder / f"scores-{study.judge_digest}" / f"{name}-seed{seed}.json"


def _read(path: Path) -> Scores:
    values = json.loads(path.read_text(encoding="utf-8"))
    names = [field.name for field in fields(Scores)]
    return Scores(*(float("nan") if values[n] is None else values[n] for n in names))
