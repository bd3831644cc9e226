"""Reading and writing weights, safely."""

from __future__ import annotations

import os
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from place_core.alpha import AlphaHeads
from place_core.checkpoint import (
    CheckpointError,
    NoHeadsError,
    find_heads,
    heads_state_dict,
    read_heads,
    read_tensors,
    save_heads,
)

LAYERS = (
    "input_blocks.2.1.transformer_blocks.0.attn2",
    "input_blocks.10.1.transformer_blocks.0.attn2",
    "middle_block.1.transformer_blocks.0.attn2",
    "output_blocks.3.1.transformer_blocks.0.attn2",
)


@pytest.fixture
def heads():
    generator = torch.Generator().manual_seed(0)
    return AlphaHeads(
        LAYERS, torch.randn(4, 1280, generator=generator), torch.randn(4, generator=generator)
    )


@pytest.fixture
def checkpoint(heads):
    """An LDM state dict in the order of a saved file, which is not the order of the layers."""
    named = {f"model.diffusion_model.{k}": v for k, v in heads_state_dict(heads).items()}
    return {
        "first_stage_model.weight": torch.ones(2),
        **dict(reversed(named.items())),
        "model.diffusion_model.out.2.weight": torch.ones(3),
    }


def same(one, other):
    return (
        one.layers == other.layers
        and torch.equal(one.weight, other.weight)
        and torch.equal(one.bias, other.bias)
    )


def test_heads_are_found_in_a_safetensors_checkpoint(tmp_path, checkpoint, heads):
    save_file(checkpoint, tmp_path / "model.safetensors")
    assert same(read_heads(tmp_path / "model.safetensors"), heads)


def test_heads_are_found_in_a_ckpt_with_a_state_dict(tmp_path, checkpoint, heads):
    torch.save({"state_dict": checkpoint, "global_step": 3}, tmp_path / "model.ckpt")
    assert same(read_heads(tmp_path / "model.ckpt"), heads)


def test_heads_are_found_in_a_ckpt_of_the_old_format(tmp_path, checkpoint, heads):
    torch.save(
        {"state_dict": checkpoint}, tmp_path / "old.ckpt", _use_new_zipfile_serialization=False
    )
    assert same(read_heads(tmp_path / "old.ckpt"), heads)


def test_the_harmless_extras_of_lightning_are_tolerated(tmp_path, checkpoint, heads):
    extras = {"callbacks": {Leftover("pytorch_lightning.callbacks.model_checkpoint"): {"best": 1}}}
    extras["score"] = __import__("numpy").float64(0.5)
    path = tmp_path / "lightning.ckpt"
    torch.save({"state_dict": checkpoint, **extras}, path, pickle_module=PickleByName)
    assert b"ModelCheckpoint" in path.read_bytes()
    assert same(read_heads(path), heads)


def test_heads_written_alone_read_back_the_same_and_are_small(tmp_path, heads):
    save_heads(heads, tmp_path / "heads.safetensors", {"base": "test"})
    assert same(read_heads(tmp_path / "heads.safetensors"), heads)
    assert (tmp_path / "heads.safetensors").stat().st_size < 30_000
    assert sorted(load_file(tmp_path / "heads.safetensors"))[0].startswith("input_blocks.10.1")
    assert os.listdir(tmp_path) == ["heads.safetensors"]


def test_a_file_that_exists_is_not_overwritten(tmp_path, heads):
    path = tmp_path / "heads.safetensors"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="choose another name"):
        save_heads(heads, path)
    assert path.read_text() == "mine"


def test_an_ordinary_checkpoint_says_that_it_has_no_heads(tmp_path):
    save_file({"model.diffusion_model.out.2.weight": torch.ones(3)}, tmp_path / "sd.safetensors")
    with pytest.raises(NoHeadsError, match="ordinary checkpoint"):
        read_heads(tmp_path / "sd.safetensors")


def test_a_weight_without_its_bias_is_an_incomplete_file(checkpoint):
    del checkpoint[f"model.diffusion_model.{LAYERS[1]}.cascale.0.bias"]
    with pytest.raises(CheckpointError, match=rf"{LAYERS[1]} lacks its bias"):
        find_heads(checkpoint)


def test_heads_of_a_wrong_shape_are_named(checkpoint):
    checkpoint[f"model.diffusion_model.{LAYERS[2]}.cascale.0.weight"] = torch.zeros(1, 64)
    with pytest.raises(CheckpointError, match=r"\[1, 64\]"):
        find_heads(checkpoint)


def test_damaged_heads_are_named(checkpoint):
    checkpoint[f"model.diffusion_model.{LAYERS[2]}.cascale.0.bias"] = torch.tensor([torch.nan])
    with pytest.raises(CheckpointError, match="NaN"):
        find_heads(checkpoint)


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
def test_a_truncated_file_says_so_with_its_size(tmp_path, checkpoint, suffix):
    path = tmp_path / f"model{suffix}"
    if suffix == ".ckpt":
        torch.save({"state_dict": checkpoint}, path)
    else:
        save_file(checkpoint, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(CheckpointError, match=r"model.* bytes\) is damaged, incomplete"):
        read_heads(path)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"\x80\x02."])
@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
def test_something_else_than_a_checkpoint_is_refused(tmp_path, content, suffix):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        read_heads(path)


@pytest.mark.parametrize("new_format", [True, False])
def test_a_pickle_with_code_is_rejected_and_not_run(tmp_path, checkpoint, new_format):
    flag = tmp_path / "code was run"
    path = tmp_path / "evil.ckpt"
    torch.save(
        {"state_dict": checkpoint, "extra": Evil(flag)},
        path,
        _use_new_zipfile_serialization=new_format,
    )
    with pytest.raises(CheckpointError, match=r"run Python code \(\w+\.mkdir\).* rejected"):
        read_heads(path)
    assert not flag.exists()


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_a_bare_pickle_with_code_is_rejected_and_not_run(tmp_path):
    flag = tmp_path / "code was run"
    (tmp_path / "evil.ckpt").write_bytes(pickle.dumps(Evil(flag)))
    with pytest.raises(CheckpointError):
        read_heads(tmp_path / "evil.ckpt")
    assert not flag.exists()


def test_a_checkpoint_that_is_no_dictionary_is_named(tmp_path):
    torch.save([torch.ones(1)], tmp_path / "list.ckpt")
    with pytest.raises(CheckpointError, match="holds a list"):
        read_heads(tmp_path / "list.ckpt")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"gone.ckpt does not exist"):
        read_heads(tmp_path / "gone.ckpt")


def test_only_wanted_tensors_are_read(tmp_path, checkpoint):
    save_file(checkpoint, tmp_path / "model.safetensors")
    read = read_tensors(tmp_path / "model.safetensors", lambda name: name.startswith("first_stage"))
    assert list(read) == ["first_stage_model.weight"]


class Evil:
    def __init__(self, flag):
        self.flag = flag

    def __reduce__(self):
        return (os.mkdir, (str(self.flag),))


class Leftover:
    """Pickled as a bare reference to Lightning's ModelCheckpoint, which is not installed."""

    def __init__(self, module):
        self.module = module


class PickleByName(pickle.Pickler):
    """A pickle module for torch.save that writes :class:`Leftover` as a global name."""

    Pickler = None  # set below: torch.save asks a module for its Pickler


class _Pickler(pickle._Pickler):
    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Leftover):
            self.write(pickle.GLOBAL + f"{obj.module}\nModelCheckpoint\n".encode())
        else:
            super().save(obj, save_persistent_id)


PickleByName.Pickler = _Pickler
