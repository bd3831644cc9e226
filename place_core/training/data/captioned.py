"""Pictures with captions and no label map: folders, or WebDataset shards.

Shards are read at random, not streamed: their members are indexed once, then each is one seek away.
That is why the ``webdataset`` library is not used. Shuffling is over the whole set, not a buffer,
and training resumes at exactly the sample where it stopped.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from PIL import Image

from .captions import UTF16_MARKS, caption_of, clean_caption, decode_text, parse_object
from .errors import DataError, Unreadable
from .files import Stored, by_stem, first_few, is_hidden, list_files
from .pictures import EXTENSIONS, read_photo
from .shards import COMPRESSED, compressed_error, expand_braces, index_shard

METADATA = "metadata.jsonl"

_SHARD_IMAGES = ("jpg", "jpeg", "png", "webp")
_SHARD_CAPTIONS = ("txt", "json")


@dataclass(frozen=True)
class Captioned:
    """An upright RGB picture and what it shows, in one line."""

    image: Image.Image
    caption: str


@dataclass(frozen=True, slots=True)
class Sample:
    """Where a picture and its caption lie; or the caption itself, as it was written."""

    name: str
    image: Stored
    caption: Stored | str


@dataclass(frozen=True)
class CaptionedFiles:
    """Pictures and captions on disk, found but not yet decoded.

    Attributes:
        samples: what :func:`open_captioned` found.
        problems: what it found and left out, each with the reason.
    """

    samples: tuple[Sample, ...]
    problems: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.samples)

    def name(self, index: int) -> str:
        """The picture's path inside the folder, or ``shard.tar/key``."""
        return self.samples[index].name

    def load(self, index: int) -> Captioned:
        """Decode a picture and its caption.

        Raises:
            Unreadable: the picture is damaged, or the caption is empty or in an unknown encoding.
        """
        sample = self.samples[index]
        return Captioned(read_photo(sample.image), _read_caption(sample))


def _read_caption(sample: Sample) -> str:
    text = sample.caption
    if isinstance(text, Stored):
        text = _read_caption_file(text)
    caption = clean_caption(text)
    if not caption:
        where = sample.caption if isinstance(sample.caption, Stored) else sample.image
        raise Unreadable(f"{where}: the caption is empty. Write one, or remove the picture.")
    return caption


def _read_caption_file(stored: Stored) -> str:
    data = stored.read()
    try:
        text = decode_text(data)
        is_json = stored.member.lower().endswith(".json")
        return caption_of(parse_object(text)) if is_json else text
    except ValueError as error:
        raise Unreadable(f"{stored}: {error}") from error


def open_captioned(path: Path) -> CaptionedFiles:
    """The captioned pictures under a path.

    Args:
        path: a folder with ``metadata.jsonl`` (lines of ``{"file_name": …, "text": …}``, as Hugging
            Face's imagefolder has them; ``caption`` may stand for ``text``), a folder with
            ``*.tar``, a folder with pictures and a ``.txt`` beside each, a ``.tar``, or several of
            them as ``shards/{00000..00010}.tar``.

    Raises:
        DataError: nothing there can be used, or a tar is compressed.
    """
    try:
        return _open_folder(path) if path.is_dir() else _open_pattern(path)
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{error.filename or path}: cannot be read ({reason})") from error


def _open_pattern(path: Path) -> CaptionedFiles:
    shards = [path] if path.exists() else [Path(name) for name in expand_braces(str(path))]
    if not any(shard.exists() for shard in shards):
        raise DataError(
            f"{path}: is not there. Looked for a folder, a .tar, or shards as {{00000..00010}}.tar"
        )
    return _open_shards(path, shards)


def _open_folder(folder: Path) -> CaptionedFiles:
    if (folder / METADATA).exists():
        return _open_metadata(folder)
    if shards := _files_with(folder, (".tar", *COMPRESSED)):
        # Compressed ones alone may be the archive that the pictures here came from.
        if any(shard.suffix.lower() == ".tar" for shard in shards):
            return _open_shards(folder, shards)
        images, _ = list_files(folder, EXTENSIONS)
        if not images:
            raise compressed_error(shards[0])
    return _open_text_files(folder)


def _files_with(folder: Path, extensions: Sequence[str]) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.name.lower().endswith(tuple(extensions)) and not is_hidden(path.name)
    )


def _open_metadata(folder: Path) -> CaptionedFiles:
    file = folder / METADATA
    data = file.read_bytes()
    if data.startswith(UTF16_MARKS):
        data = decode_text(data).encode()
    samples, problems = [], []
    for number, line in enumerate(data.split(b"\n"), start=1):
        # Line by line, so that one of another encoding does not change the others.
        try:
            if text := decode_text(line).strip():
                samples.append(_sample_of_line(folder, text))
        except ValueError as error:
            problems.append(f"{file}, line {number}: {error}")
    return _usable(folder, samples, problems, f"a picture and a caption in a line of {METADATA}")


def _sample_of_line(folder: Path, line: str) -> Sample:
    content = parse_object(line)
    name = content.get("file_name")
    if not isinstance(name, str) or not name:
        raise ValueError("has no 'file_name'")
    # Windows paths know both slashes, and drives.
    inside = PureWindowsPath(name)
    if inside.anchor or ".." in inside.parts:
        raise ValueError(f"file_name {name!r} leads out of the folder; move the picture into it")
    caption = caption_of(content)
    if not os.path.isfile(folder / name):
        raise ValueError(f"the picture {name!r} is not there")
    return Sample(name, Stored(folder / name), caption)


def _open_text_files(folder: Path) -> CaptionedFiles:
    names, problems = list_files(folder, (*EXTENSIONS, ".txt"))
    image_of, double_images = by_stem(n for n in names if not n.lower().endswith(".txt"))
    text_of, double_texts = by_stem(n for n in names if n.lower().endswith(".txt"))
    problems += [
        *double_images,
        *double_texts,
        *(f"{n}: has no caption {s}.txt" for s, n in image_of.items() if s not in text_of),
        *(f"{n}: has no picture of its name" for s, n in text_of.items() if s not in image_of),
    ]
    samples = [
        Sample(image, Stored(folder / image), Stored(folder / text_of[stem]))
        for stem, image in image_of.items()
        if stem in text_of
    ]
    return _usable(
        folder, samples, problems, f"{METADATA}, *.tar, or pictures with a .txt of the same name"
    )


def _open_shards(path: Path, shards: Sequence[Path]) -> CaptionedFiles:
    samples: list[Sample] = []
    problems: list[str] = []
    for shard in shards:
        if not shard.exists():
            problems.append(f"{shard}: is not there")
            continue
        members, damage = index_shard(shard)
        problems += damage
        for key, by_extension in members.items():
            image = _first_of(by_extension, _SHARD_IMAGES)
            caption = _first_of(by_extension, _SHARD_CAPTIONS)
            if image and caption:
                samples.append(Sample(f"{shard.name}/{key}", image, caption))
            elif image or caption:
                lacking = "picture" if caption else "caption"
                problems.append(f"{shard}: {key} has no {lacking}, only {sorted(by_extension)}")
    wanted = f"samples with {'|'.join(_SHARD_IMAGES)} and {'|'.join(_SHARD_CAPTIONS)}"
    return _usable(path, samples, problems, wanted)


def _first_of(members: Mapping[str, Stored], extensions: Sequence[str]) -> Stored | None:
    return next((members[e] for e in extensions if e in members), None)


def _usable(
    path: Path, samples: Sequence[Sample], problems: Sequence[str], wanted: str
) -> CaptionedFiles:
    if not samples:
        raise DataError(
            f"{path}: no picture with a caption. Looked for {wanted}.{first_few(problems)}"
        )
    return CaptionedFiles(tuple(samples), tuple(problems))
