"""The settings of an evaluation, kept beside its results so that these stay of one kind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import write_text
from ..training.config import CLIP_TOKENIZER, PairedConfig
from .errors import EvaluationError

# The command line reads this module for its help, which should not wait for torch.
if TYPE_CHECKING:
    from ..training.data import PairedFiles

SETTINGS_FILE = "settings.json"
MEASURES = ("miou", "fid", "clip")
ALPHAS = ("learned", "cosine", "linear", "constant")

DATA_KINDS = ("ade20k", "coco-stuff", "folder")

DEFAULT_SPLITS = {"ade20k": "validation", "coco-stuff": "val2017"}
DEFAULT_SEGMENTERS = {
    "ade20k": "openmmlab/upernet-swin-large",
    # With all 171 classes that COCO-Stuff annotates; trained on its older set of 10k pictures.
    "coco-stuff": "facebook/maskformer-resnet101-coco-stuff",
}
DEFAULT_CLIP = "openai/clip-vit-base-patch32"


@dataclass(frozen=True)
class Settings:
    """An evaluation.

    Attributes:
        model: a single file or a diffusers folder.
        data: pictures with label maps.
        output: folder of pictures and results.
        tokenizer: of CLIP: a folder, or a name on the hub.
        segmenter: a name on the hub or a folder; None where mIoU is left out.
        clip: likewise; None where text alignment is left out.
        fid: measure it.
        steps: of sampling.
        guidance: scale of classifier-free guidance.
        resolution: width and height of the pictures, a multiple of 8.
        alpha: ``learned`` or a schedule; None: learned where the model has heads, else
            ``DEFAULT_SCHEDULE``.
        words: words by class id that replace those of the table.
        global_prompt: free words for all pictures.
        limit: so many of the first maps; None: all.
        seed: with a picture's number it makes the noise.
        batch: pictures at a time.
        compare: the paper's numbers to put beside the results, see :mod:`.table`; None: none.
    """

    model: Path
    data: PairedConfig
    output: Path
    tokenizer: str = CLIP_TOKENIZER
    segmenter: str | None = None
    clip: str | None = None
    fid: bool = True
    steps: int = 50
    guidance: float = 2.0
    resolution: int = 512
    alpha: str | None = None
    words: Mapping[int, str] | None = None
    global_prompt: str = ""
    limit: int | None = None
    seed: int = 0
    batch: int = 4
    compare: str | None = None

    def __post_init__(self) -> None:
        for name, least, most in (
            ("steps", 1, 500),
            ("resolution", 64, 4096),
            ("batch", 1, 1024),
            ("seed", 0, 2**63),
            ("limit", 1, None),
        ):
            value = getattr(self, name)
            if value is not None and not (least <= value and (most is None or value <= most)):
                to = f"{least} to {most}" if most else f"{least} or more"
                raise EvaluationError(f"--{name} is {value}, it must be {to}")
        if self.resolution % 8:
            raise EvaluationError(f"--resolution is {self.resolution}, it must be a multiple of 8")


def facts(settings: Settings, source: PairedFiles, alpha: str, precision: str) -> dict[str, Any]:
    """Everything that changes the pictures or the measures, as plain values.

    How many of the maps are used is not among them: a longer run goes on from a shorter one.
    """
    networks = {"segmenter": settings.segmenter, "clip": settings.clip}
    return {
        "model": settings.model.name,
        "model_sha256": _hash_of_files(settings.model),
        "data": settings.data.kind,
        "split": settings.data.split,
        "maps": _hash_of_maps(source),
        "tokenizer": settings.tokenizer,
        "words": {str(i): words for i, words in (settings.words or {}).items()},
        "global_prompt": settings.global_prompt,
        "alpha": alpha,
        "steps": settings.steps,
        "guidance": settings.guidance,
        "resolution": settings.resolution,
        "seed": settings.seed,
        "precision": precision,
        # A measure that is left out may still be made later, with any network.
        **{name: value for name, value in networks.items() if value is not None},
    }


def keep(folder: Path, now: Mapping[str, Any]) -> None:
    """Write the settings to a folder, or make sure that they are those of the run before.

    Raises:
        EvaluationError: another run was made there, or its settings cannot be read.
    """
    path = folder / SETTINGS_FILE
    before: dict[str, Any] = {}
    if path.is_file():
        try:
            before = dict(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise EvaluationError(
                f"{path} cannot be read ({error}). Choose another --output, or remove the folder."
            ) from error
    elif folder.is_dir() and any(folder.iterdir()):
        raise EvaluationError(
            f"{folder} is not empty and holds no evaluation. Choose another --output."
        )
    changed = [
        f"{name} (was {before[name]}, is {value})"
        for name, value in now.items()
        if name in before and before[name] != value
    ]
    if changed:
        raise EvaluationError(
            f"the evaluation in {folder} was made with other settings: {', '.join(changed)}. Set "
            "them back, or choose another --output."
        )
    write_text(path, json.dumps({**before, **now}, indent=2) + "\n")


def _hash_of_files(path: Path) -> str:
    """Of a file, or of the weights and configurations in a folder."""
    total = hashlib.sha256()
    files = [path]
    if path.is_dir():
        kinds = (".safetensors", ".bin", ".json")
        files = sorted(p for p in path.rglob("*") if p.suffix in kinds and p.is_file())
    for file in files:
        if file != path:
            total.update(file.relative_to(path).as_posix().encode())
        with file.open("rb") as opened:
            while block := opened.read(1 << 20):
                total.update(block)
    return total.hexdigest()


def _hash_of_maps(source: PairedFiles) -> str:
    """Of names and sizes in their order; reading 5000 maps would take a while at every start."""
    total = hashlib.sha256()
    for index, (_, map_path) in enumerate(source.pairs):
        total.update(f"{source.name(index)} {map_path.stat().st_size}\n".encode())
    return total.hexdigest()
