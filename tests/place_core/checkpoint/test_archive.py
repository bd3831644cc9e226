"""Archives of PyTorch that were tampered with are refused before anything of them is believed."""

from __future__ import annotations

import io
import pickle
import random
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch

from place_core.alpha import AlphaHeads
from place_core.checkpoint import CheckpointError, heads_state_dict, read_heads, read_tensors
from place_core.checkpoint.names import unet_levels

pytestmark = [
    pytest.mark.filterwarnings("ignore:Detected pickle protocol"),
    pytest.mark.filterwarnings("ignore:invalid escape sequence"),
    pytest.mark.filterwarnings("ignore:Defining your `__torch_function__`"),
]
LAYERS = tuple(f"input_blocks.{i}.1.transformer_blocks.0.attn2" for i in (1, 2, 4, 5))


@pytest.fixture
def heads() -> AlphaHeads:
    generator = torch.Generator().manual_seed(0)
    return AlphaHeads(
        LAYERS, torch.randn(4, 1280, generator=generator), torch.randn(4, generator=generator)
    )


@pytest.fixture
def whole(tmp_path: Path, heads: AlphaHeads) -> Path:
    path = tmp_path / "whole.ckpt"
    torch.save({"state_dict": heads_state_dict(heads)}, path)
    return path


def records_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rebuilt(
    path: Path, change: Callable[[str, bytes], bytes], compression: int = zipfile.ZIP_STORED
) -> Path:
    """The archive with its records changed, checksums and directory right."""
    target = path.with_name("rebuilt.ckpt")
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, data in records_of(path).items():
            archive.writestr(name, change(name, data))
    return target


def with_pickle(path: Path, data: bytes) -> Path:
    return rebuilt(path, lambda name, old: data if name.endswith("data.pkl") else old)


def test_an_archive_that_was_only_copied_is_read(whole: Path, heads: AlphaHeads) -> None:
    copied = rebuilt(whole, lambda name, data: data)
    assert torch.equal(read_heads(copied).weight, heads.weight)


@pytest.mark.parametrize("kept", [0, 4, -4])
def test_a_storage_that_is_shorter_than_the_pickle_says_is_refused(whole: Path, kept: int) -> None:
    cut = rebuilt(whole, lambda name, data: data[:kept] if "/data/" in name else data)
    with pytest.raises(CheckpointError, match=r"rebuilt\.ckpt says that storage \d+ has .* bytes"):
        read_heads(cut)


def test_a_storage_that_is_missing_is_refused(tmp_path: Path, whole: Path) -> None:
    target = tmp_path / "gap.ckpt"
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in records_of(whole).items():
            if not name.endswith("/data/1"):
                archive.writestr(name, data)
    with pytest.raises(CheckpointError, match="no such record"):
        read_heads(target)


def test_a_small_file_that_unpacks_to_a_large_one_is_refused_unopened(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = rebuilt(
        whole,
        lambda name, data: bytes(200_000_000) if name.endswith("data.pkl") else data,
        zipfile.ZIP_DEFLATED,
    )
    assert bomb.stat().st_size < 1_000_000

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("a record was unpacked")

    monkeypatch.setattr(zipfile.ZipFile, "open", opened)
    with pytest.raises(CheckpointError, match="is compressed"):
        read_tensors(bomb)


def test_a_pickle_longer_than_weights_need_is_refused(whole: Path) -> None:
    with pytest.raises(CheckpointError, match=r"data\.pkl of 80,000,000 bytes"):
        read_tensors(with_pickle(whole, bytes(80_000_000)))


def test_two_records_of_one_name_are_refused(whole: Path) -> None:
    with zipfile.ZipFile(whole, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(archive.namelist()[-1], b"another")
    with pytest.raises(CheckpointError, match="two records of one name"):
        read_tensors(whole)


class Asks:
    """A pickle of it asks to call a function."""

    def __init__(self, function: Callable, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple:
        return self.call


def leaves_a_file(path: Path) -> Mapping[str, bytes]:
    code = f"open({str(path)!r}, 'w')"
    return {
        "eval": pickle.dumps(Asks(eval, code), 2),
        "__import__": pickle.dumps(Asks(__import__, "os"), 2),
        "STACK_GLOBAL": pickle.dumps(Asks(eval, code), 4),
        "STACK_GLOBAL alone": b"\x80\x02\x8c\x08builtins\x8c\x04eval\x93.",
        "INST": b"(S'" + code.encode().replace(b"'", b"\\'") + b"'\nibuiltins\neval\n.",
        "OBJ": b"(cbuiltins\neval\nS'1'\no.",
    }


@pytest.mark.parametrize(
    "name", ["eval", "__import__", "STACK_GLOBAL", "STACK_GLOBAL alone", "INST", "OBJ"]
)
@pytest.mark.parametrize("in_archive", [True, False], ids=["archive", "old format"])
def test_an_attack_is_called_one_and_not_run(
    tmp_path: Path, whole: Path, name: str, in_archive: bool
) -> None:
    trace = tmp_path / "trace"
    data = leaves_a_file(trace)[name]
    path = with_pickle(whole, data) if in_archive else tmp_path / "bare.ckpt"
    if not in_archive:
        path.write_bytes(data)
    with pytest.raises(CheckpointError, match="weights never need.*nothing of it was run") as error:
        read_tensors(path)
    assert "download" not in str(error.value)
    assert not trace.exists()


@pytest.mark.parametrize("number", ["²", "٣", "1" * 5000, "a\nb"])
def test_heads_of_a_layer_that_no_unet_has_are_refused_in_one_line(
    tmp_path: Path, number: str
) -> None:
    layer, path = f"input_blocks.{number}.1.attn2", tmp_path / "odd.ckpt"
    torch.save(
        {f"{layer}.cascale.0.weight": torch.zeros(1, 8), f"{layer}.cascale.0.bias": torch.zeros(1)},
        path,
    )
    with pytest.raises(CheckpointError, match="no UNet calls a layer") as error:
        read_heads(path)
    assert len(str(error.value)) < 400 and "\n" not in str(error.value)


def test_the_number_of_a_block_is_no_length() -> None:
    with pytest.raises(CheckpointError, match="without a gap"):
        unet_levels({"input_blocks.0.0.weight", "input_blocks.999999999.0.weight"})


def test_records_that_lie_over_each_other_are_refused(whole: Path) -> None:
    content = bytearray(whole.read_bytes())
    with zipfile.ZipFile(whole) as archive:
        first, second = [i for i in archive.infolist() if "/data/" in i.filename][:2]
    # In the directory at the end the second record points to where the first one lies.
    place = content.rindex(second.filename.encode()) - 4
    assert content[place : place + 4] == struct.pack("<I", second.header_offset)
    content[place : place + 4] = struct.pack("<I", first.header_offset)
    whole.write_bytes(content)
    with pytest.raises(CheckpointError, match="lies over another"):
        read_heads(whole)


def test_the_old_format_cannot_say_that_it_has_more_than_its_file(tmp_path: Path) -> None:
    path = tmp_path / "old.ckpt"
    torch.save({"a": torch.zeros(64)}, path, _use_new_zipfile_serialization=False)
    content, sixty_four = path.read_bytes(), b"K@"
    assert sixty_four in content
    path.write_bytes(content.replace(sixty_four, b"J" + struct.pack("<i", 2**31 - 1), 1))
    with pytest.raises(CheckpointError, match="says that its storages have 8,589,934,588 bytes"):
        read_tensors(path)


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x02N" + b"r\xff\xff\xff\x7f" + b".",  # a memo of two thousand million places
        b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b".",  # a terabyte of nothing
        b"\x80\x02)" + b"q\x00h\x00\x86" * 60 + b".",  # tuples of tuples
    ],
    ids=["memo", "bytes", "tuples"],
)
def test_a_small_pickle_takes_no_large_memory(whole: Path, data: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(CheckpointError):
        read_tensors(with_pickle(whole, data))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10_000_000


@pytest.mark.parametrize("in_archive", [True, False], ids=["archive", "old format"])
def test_damaged_copies_are_read_whole_or_refused_in_one_sentence(
    whole: Path, heads: AlphaHeads, in_archive: bool
) -> None:
    """Truncated, with flipped bits, with exchanged parts: never other weights, never a crash."""
    if not in_archive:
        named = {"state_dict": heads_state_dict(heads)}
        torch.save(named, whole, _use_new_zipfile_serialization=False)
    content = whole.read_bytes()
    draw = random.Random(0)
    damaged = whole.with_name("damaged.ckpt")
    refused = 0
    for _ in range(300):
        data = bytearray(content)
        kind = draw.choice(["cut", "flip", "swap"])
        if kind == "cut":
            del data[draw.randrange(len(data)) :]
        elif kind == "flip":
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        else:
            one, other = sorted(draw.sample(range(len(data)), 2))
            data = data[other:] + data[one:other] + data[:one]
        damaged.write_bytes(data)
        try:
            found = read_heads(damaged)
        except CheckpointError as error:
            refused += 1
            assert len(str(error)) < 700 and "\n" not in str(error)
        else:
            # Bits of the numbers themselves can be others: the reader of a mapped file does not
            # compute their checksums.
            assert found.weight.shape == heads.weight.shape
    assert refused > 150


def test_what_torch_writes_is_read_whatever_its_kinds_of_numbers(tmp_path: Path) -> None:
    kinds = [
        torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
        torch.int16, torch.int8, torch.uint8, torch.bool, torch.complex64, torch.complex128,
    ]  # fmt: skip
    tensors = {str(kind): torch.ones(3, dtype=kind) for kind in kinds}
    stream = io.BytesIO()
    torch.save(tensors, stream)
    path = tmp_path / "kinds.pt"
    path.write_bytes(stream.getvalue())
    assert {name: t.dtype for name, t in read_tensors(path).items()} == {
        name: t.dtype for name, t in tensors.items()
    }


@pytest.mark.parametrize("zipped", [True, False], ids=["archive", "old format"])
def test_what_a_trainer_leaves_beside_the_weights_is_no_attack(
    tmp_path: Path, zipped: bool
) -> None:
    path = tmp_path / "trained.ckpt"
    beside = {"seen": {1, 2}, "buffer": bytearray(b"abc"), "phase": 1j}
    weights = {"a": torch.ones(3)}
    torch.save({"state_dict": weights, **beside}, path, _use_new_zipfile_serialization=zipped)
    assert torch.equal(read_tensors(path)["a"], weights["a"])
