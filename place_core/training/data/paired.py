"""Pictures with label maps: ADE20K, COCO-Stuff, or a user's own folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ...layout import VOID, Layout, LayoutClass
from ...palettes import ADE20K, COCO_STUFF, load_classes
from ...prompts import parse_class_prompts
from .captions import clean_caption, decode_text
from .class_file import LARGEST_VALUE, read_class_file
from .errors import DataError, Unreadable
from .files import Stored, by_stem, first_few, list_files
from .pictures import EXTENSIONS, read_photo, read_picture

_UNKNOWN = VOID - 1
_IMAGES, _MAPS = "images", "maps"
_PROMPTS = ("class_prompts", "global_prompts")


@dataclass(frozen=True)
class Pair:
    """A picture and its label map.

    Attributes:
        image: RGB, upright.
        labels: ``[H, W]`` int16 of the picture's size, class id or ``VOID``.
        words: words of its own for some classes, by id; the others have those of the table.
        global_prompt: words that belong to no class.
    """

    image: Image.Image
    labels: Tensor
    words: Mapping[int, str] = field(default_factory=dict)
    global_prompt: str = ""


@dataclass(frozen=True)
class PairedFiles:
    """Pictures and label maps on disk, found but not yet decoded.

    Attributes:
        folder: what the names are relative to.
        classes: the class table, by ascending id.
        pairs: the file of each picture and that of its map, in ascending order.
        problems: pictures without a map, maps without a picture, and folders that could not be
            listed.
        values: the label of each pixel value that maps may have.
        table: what to call the class table in messages.
        prompts: whether pictures may have words of their own; see :func:`plain_folder`.
    """

    folder: Path
    classes: tuple[LayoutClass, ...]
    pairs: tuple[tuple[Path, Path], ...]
    problems: tuple[str, ...]
    values: Mapping[int, int]
    table: str
    prompts: bool = False

    def __len__(self) -> int:
        return len(self.pairs)

    def name(self, index: int) -> str:
        """The picture's path inside the folder, with ``/``."""
        return self.pairs[index][0].relative_to(self.folder).as_posix()

    def load(self, index: int) -> Pair:
        """Decode a pair.

        Raises:
            Unreadable: either file is damaged, they differ in size, the map is no index map of
                these classes, or the picture's own words are for classes that there are not.
        """
        image_path, map_path = self.pairs[index]
        image = read_photo(Stored(image_path))
        index_map = _read_index_map(map_path)
        if index_map.size != image.size:
            raise Unreadable(
                f"{map_path}: is {_size(index_map)}, but {image_path} is {_size(image)} (upright, "
                "if it is a photo that says how it was held). Make them the same size."
            )
        labels = self._labels(np.asarray(index_map), map_path)
        return Pair(image, labels, *(self._prompts(map_path, labels) if self.prompts else ()))

    def _labels(self, values: np.ndarray, path: Path) -> Tensor:
        # A PNG has 16 bits a value at most, also where Pillow makes it 32 (mode I).
        meaning = np.full(LARGEST_VALUE + 1, _UNKNOWN, np.int16)
        meaning[list(self.values)] = list(self.values.values())
        labels = meaning[values]
        if (strange := labels == _UNKNOWN).any():
            found = np.unique(values[strange])
            shown = ", ".join(map(str, found[:6])) + (" …" if len(found) > 6 else "")
            raise Unreadable(
                f"{path}: has the values {shown}, which are neither void nor a class of "
                f"{self.table}. Is it an index map of these classes?"
            )
        return torch.from_numpy(labels)

    def _prompts(self, map_path: Path, labels: Tensor) -> tuple[Mapping[int, str], str]:
        """Words for classes, and for the whole picture, from the files beside its map."""
        name = map_path.relative_to(self.folder / _MAPS).with_suffix(".txt")
        of_classes, of_all = (self.folder / kind / name for kind in _PROMPTS)
        words: Mapping[int, str] = {}
        if of_classes.is_file():
            text, layout = _read_text(of_classes), Layout(labels[None], self.classes)
            try:
                words = parse_class_prompts(text, layout).words
            except ValueError as error:
                raise Unreadable(f"{of_classes}: {error}") from error
        return words, clean_caption(_read_text(of_all)) if of_all.is_file() else ""


def _read_text(path: Path) -> str:
    data = Stored(path).read()
    try:
        return decode_text(data)
    except ValueError as error:
        raise Unreadable(f"{path}: {error}") from error


def _read_index_map(path: Path) -> Image.Image:
    picture = read_picture(Stored(path), ("PNG",))
    # The pixels of a palette PNG (P) are numbers too, whatever the colors they stand for.
    if picture.mode not in ("L", "P", "I") and not picture.mode.startswith("I;16"):
        raise Unreadable(
            f"{path}: is a picture of colors or masks (mode {picture.mode}), but an index map is "
            "needed: one number a pixel. Save the class ids as a PNG in gray or with a palette."
        )
    return picture


def _size(picture: Image.Image) -> str:
    return f"{picture.width}×{picture.height}"


def ade20k(folder: Path, split: str = "training") -> PairedFiles:
    """ADE20K as ADEChallengeData2016 has it.

    ``images/<split>/*.jpg`` and ``annotations/<split>/*.png``, where 0 is void and class ``id`` has
    the value ``id + 1``.

    Raises:
        DataError: a folder is missing, or no picture has a map.
    """
    classes = load_classes(ADE20K)
    values = {0: VOID, **{c.id + 1: c.id for c in classes}}
    images, maps = f"images/{split}", f"annotations/{split}"
    return _list_pairs(folder, images, maps, (".jpg",), classes, values, "the ADE20K table")


def coco_stuff(folder: Path, split: str = "train2017") -> PairedFiles:
    """COCO-Stuff: COCO's photographs with the archive ``stuffthingmaps_trainval2017`` beside them.

    ``<split>/*.jpg`` and ``stuffthingmaps_trainval2017/<split>/*.png``, where the value is the
    class id and 255 is void.

    Raises:
        DataError: a folder is missing, or no picture has a map.
    """
    classes = load_classes(COCO_STUFF)
    values = {255: VOID, **{c.id: c.id for c in classes}}
    maps = f"stuffthingmaps_trainval2017/{split}"
    return _list_pairs(folder, split, maps, (".jpg",), classes, values, "the COCO-Stuff table")


def plain_folder(folder: Path) -> PairedFiles:
    """A user's own pictures.

    ``images/`` with pictures in any subfolders, ``maps/`` with a PNG of the same path for each,
    and ``classes.json``; see :func:`.class_file.read_class_file`. A picture may have words of its
    own: ``class_prompts/`` and ``global_prompts/`` with a ``.txt`` of the same path, which say what
    the inputs of Per-Class Prompt Encoder say: ``class = words`` a line, and free words.

    Raises:
        DataError: a folder is missing, no picture has a map, or ``classes.json`` is not as it
            should be.
    """
    _require_folders(folder, _IMAGES, _MAPS)
    classes, void = read_class_file(folder / "classes.json")
    values = {c.id: c.id for c in classes}
    if void is not None:
        values[void] = VOID
    found = _list_pairs(folder, _IMAGES, _MAPS, EXTENSIONS, classes, values, "classes.json")
    return replace(found, prompts=any((folder / kind).is_dir() for kind in _PROMPTS))


def paired(kind: str, folder: Path, split: str | None = None) -> PairedFiles:
    """The data set of a kind, ``ade20k``, ``coco-stuff`` or ``folder``.

    Args:
        kind: how the folder is laid out.
        folder: where it is.
        split: the part of ADE20K or COCO-Stuff; its training part by default.

    Raises:
        DataError: another kind, a split of a kind that has none, or as the kinds say.
    """
    if kind == "folder":
        if split is not None:
            raise DataError(
                f"split is {split!r}, but a data set of the kind 'folder' has no splits"
            )
        return plain_folder(folder)
    kinds = {"ade20k": ade20k, "coco-stuff": coco_stuff}
    if kind not in kinds:
        raise DataError(f"kind is {kind!r}; there are 'ade20k', 'coco-stuff' and 'folder'")
    return kinds[kind](folder) if split is None else kinds[kind](folder, split)


def _list_pairs(
    folder: Path,
    images: str,
    maps: str,
    extensions: Sequence[str],
    classes: tuple[LayoutClass, ...],
    values: Mapping[int, int],
    table: str,
) -> PairedFiles:
    _require_folders(folder, images, maps)
    image_names, image_problems = list_files(folder / images, extensions)
    map_names, map_problems = list_files(folder / maps, (".png",))
    image_of, double_images = by_stem(image_names)
    map_of, double_maps = by_stem(map_names)
    problems = [
        *image_problems,
        *map_problems,
        *(f"{images}/{problem}" for problem in double_images),
        *(f"{maps}/{problem}" for problem in double_maps),
        *(
            f"{images}/{n}: has no map {maps}/{s}.png"
            for s, n in image_of.items()
            if s not in map_of
        ),
        *(f"{maps}/{n}: has no picture" for s, n in map_of.items() if s not in image_of),
    ]
    pairs = tuple(
        (folder / images / image, folder / maps / map_of[stem])
        for stem, image in image_of.items()
        if stem in map_of
    )
    if not pairs:
        raise DataError(
            f"{folder}: no picture has a map. Looked for pictures in {images} "
            f"({', '.join(extensions)}; {len(image_names)} found) and maps of the same names in "
            f"{maps} (.png; {len(map_names)} found).{first_few(problems)}"
        )
    return PairedFiles(folder, classes, pairs, tuple(problems), values, table)


def _require_folders(folder: Path, *names: str) -> None:
    for name in names:
        if not (folder / name).is_dir():
            raise DataError(
                f"{folder}: the folder {name} is missing; pictures belong in {names[0]}, their "
                f"maps in {names[1]}.{_neighbors(folder / name)}"
            )


def _neighbors(missing: Path) -> str:
    """What there is in place of a missing folder, as the end of a message."""
    if not missing.parent.is_dir():
        return ""
    found = sorted(p.name for p in missing.parent.iterdir() if p.is_dir())
    return f" {missing.parent} has the folders {', '.join(found[:8])}." if found else ""
