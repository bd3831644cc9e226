"""Scenes with maps for the fine-tunes, encoded once: latents, prompts and labels in files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...demo.base import EncodedScenes, encode_pictures
from ...demo.scenes import RESOLUTION, SEEN, from_bytes, layout_of, render_scene, to_bytes
from ...files import replaced
from ...tokens import FREE
from ...training.samples import collate
from ..controls import ScalesOf
from .context import Study

# Seeds that no stage of the demo model uses.
_FIRST_SEED = 70_000_000
_IN_FILE, _AT_ONCE = 500, 20


@dataclass(frozen=True)
class EncodedPairs:
    """Scenes of the seen vocabulary with their maps, as the fine-tunes read them.

    Attributes:
        latents: ``[N, C, h, w]`` float16.
        tokens: ``[N, 77]`` int32, the prompt of the layout.
        class_ids: ``[N, 77]`` int16, the class of each token or ``FREE``.
        labels: ``[N, H, W]`` uint8, class ids, 255 where void.
    """

    latents: Tensor
    tokens: Tensor
    class_ids: Tensor
    labels: Tensor

    def scales(
        self,
        numbers: Sequence[int],
        empty: Sequence[bool],
        scales_of: ScalesOf,
        grids: Sequence[tuple[int, int]],
    ) -> dict[int, Tensor]:
        """The layout control maps of some pairs: ``N`` → ``[B, N, T]``.

        Args:
            numbers: of the pairs.
            empty: whose prompt is left out; all its tokens are free.
            scales_of: how a map is put on the image tokens.
            grids: ``(h, w)`` of the image tokens at each depth.
        """
        rows = []
        for number, without_words in zip(numbers, empty, strict=True):
            layout = layout_of(from_bytes(self.labels[number].numpy()))
            ids = self.class_ids[number].long()
            ids = torch.full_like(ids, FREE) if without_words else ids
            rows.append({"layout": scales_of(layout, ids, grids), "problems": []})
        return collate(rows)["layout"]


def encode_pairs(study: Study) -> EncodedPairs:
    """Render scenes and encode them, or read them; a run that was stopped goes on.

    Files are written whole or not at all, so that two processes may do it at the same time.
    """
    count, folder = study.scale.pairs, study.folder / "pairs"
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for start in range(0, count, _IN_FILE):
        numbers = range(start, min(start + _IN_FILE, count))
        path = folder / f"{numbers.start:05}-{numbers.stop:05}.npz"
        if not path.exists():
            _write(path, _encode(study, numbers))
            print(f"pairs encoded: {numbers.stop}", flush=True)
        files.append(np.load(path))
    return EncodedPairs(
        *(
            torch.from_numpy(np.concatenate([file[field.name] for file in files]))
            for field in fields(EncodedPairs)
        )
    )


def captioned_scenes(study: Study) -> EncodedScenes:
    """What the base was trained on: the whole vocabulary, with captions and without maps."""
    latents, tokens = (
        np.load(study.work / f"{name}.npy", mmap_mode="c") for name in ("latents", "tokens")
    )
    return EncodedScenes(torch.from_numpy(latents), torch.from_numpy(tokens))


def _encode(study: Study, numbers: range) -> dict[str, np.ndarray]:
    parts = []
    for start in range(numbers.start, numbers.stop, _AT_ONCE):
        some = range(start, min(start + _AT_ONCE, numbers.stop))
        scenes = [render_scene(_FIRST_SEED + i, (RESOLUTION, RESOLUTION), SEEN) for i in some]
        latents = encode_pictures(study.base.vae, [scene.picture for scene in scenes])
        prompts = [
            study.tokenizer.encode_layout(layout_of(s.labels), s.words, s.style) for s in scenes
        ]
        parts.append(
            {
                "latents": latents.astype(np.float16),
                "tokens": torch.stack([tokens for tokens, _ in prompts]).int().numpy(),
                "class_ids": torch.stack([ids for _, ids in prompts]).short().numpy(),
                "labels": np.stack([to_bytes(scene.labels) for scene in scenes]),
            }
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with replaced(path) as part:
        np.savez(part, **arrays)
