"""Files are written whole or not at all, and never over others."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors import SafetensorError

from place_core.checkpoint import CheckpointError, read_metadata, read_tensors
from place_core.checkpoint.files import METADATA_FILE, save_tensors, written_whole
from place_core.files import replaced

TENSORS = {"a": torch.arange(1_000_000, dtype=torch.float32)}


def test_tensors_and_metadata_read_back_the_same(tmp_path):
    path = tmp_path / "new" / "a.safetensors"
    save_tensors(TENSORS, path, {"base": "x"})
    assert torch.equal(read_tensors(path)["a"], TENSORS["a"])
    assert read_metadata(path) == {"base": "x"}
    assert os.listdir(path.parent) == ["a.safetensors"]


def test_tensors_in_another_order_of_memory_are_written(tmp_path):
    tensor = torch.randn(1, 3, 4, 4).to(memory_format=torch.channels_last)
    save_tensors({"a": tensor}, tmp_path / "a.safetensors", {})
    assert torch.equal(read_tensors(tmp_path / "a.safetensors")["a"], tensor)


def test_files_have_the_rights_of_any_new_file(tmp_path):
    (tmp_path / "any").touch()
    save_tensors(TENSORS, tmp_path / "a.safetensors", {})
    with written_whole(tmp_path / "folder") as part:
        save_tensors(TENSORS, part / "b.safetensors", {})
    modes = {
        (tmp_path / name).stat().st_mode
        for name in ("any", "a.safetensors", "folder/b.safetensors")
    }
    assert len(modes) == 1


def test_a_full_disk_leaves_nothing_behind(tmp_path, full_disk):
    with pytest.raises(OSError, match=r"a\.safetensors could not be written"):
        save_tensors(TENSORS, tmp_path / "a.safetensors", {})
    assert os.listdir(tmp_path) == []


def test_a_failure_in_the_middle_of_a_folder_leaves_nothing_behind(tmp_path):
    with pytest.raises(RuntimeError), written_whole(tmp_path / "folder") as part:
        part.mkdir()
        (part / "one").write_text("1")
        raise RuntimeError
    assert os.listdir(tmp_path) == []


def test_what_exists_is_left_as_it_is(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match=r"a\.safetensors exists; .* another name"):
        save_tensors(TENSORS, path, {})
    assert path.read_text() == "mine"


def test_what_appeared_meanwhile_is_left_as_it_is(tmp_path):
    path = tmp_path / "a.safetensors"
    with pytest.raises(FileExistsError), written_whole(path) as part:
        part.write_text("ours")
        path.write_text("mine")
    assert path.read_text() == "mine"
    assert os.listdir(tmp_path) == ["a.safetensors"]


def test_a_pickle_has_no_metadata(tmp_path):
    torch.save({"state_dict": {}}, tmp_path / "a.ckpt")
    assert read_metadata(tmp_path / "a.ckpt") == {}


def test_a_folder_has_its_metadata_in_a_file(tmp_path):
    assert read_metadata(tmp_path) == {}
    (tmp_path / METADATA_FILE).write_text(json.dumps({"steps": 3}))
    assert read_metadata(tmp_path) == {"steps": "3"}


@pytest.mark.parametrize("content", ["{", "[]"])
def test_damaged_metadata_of_a_folder_is_reported(tmp_path, content):
    (tmp_path / METADATA_FILE).write_text(content)
    with pytest.raises(CheckpointError, match=METADATA_FILE):
        read_metadata(tmp_path)


def test_damaged_metadata_of_a_file_is_reported(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"<html>")
    with pytest.raises(CheckpointError, match="damaged"):
        read_metadata(tmp_path / "a.safetensors")


def test_a_missing_file_has_no_metadata_to_read(tmp_path):
    with pytest.raises(CheckpointError, match="does not exist"):
        read_metadata(tmp_path / "gone.safetensors")


def test_a_full_disk_is_called_one_whoever_wrote(tmp_path, monkeypatch):
    failures = [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        SafetensorError(
            "Error while serializing: I/O error: No space left on device (os error 28)"
        ),
        SafetensorError("Error while serializing: IoError(Os { code: 28, os error 28 })"),
    ]
    for failure in failures:
        with pytest.raises(
            OSError, match=r"b could not be written and was removed: the disk is full"
        ):
            with written_whole(tmp_path / "b"):
                raise failure
        with pytest.raises(OSError, match="c could .* the disk is full"):
            with replaced(tmp_path / "c"):
                raise failure
    # PyTorch keeps the reason to itself; what is left of the disk tells.
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    with pytest.raises(OSError, match="the disk is full"), replaced(tmp_path / "c"):
        raise RuntimeError("[enforce fail at inline_container.cc:659] . unexpected pos 64 vs 0")
    assert os.listdir(tmp_path) == []


def test_an_error_of_another_kind_stays_what_it_is(tmp_path):
    with pytest.raises(RuntimeError, match="shapes differ"), replaced(tmp_path / "c"):
        raise RuntimeError("shapes differ")
    with pytest.raises(PermissionError), written_whole(tmp_path / "c"):
        raise PermissionError(errno.EACCES, "denied")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is of Linux")
def test_the_systems_own_full_device_is_recognized(tmp_path):
    with pytest.raises(OSError, match="the disk is full"), replaced(tmp_path / "c"):
        Path("/dev/full").write_bytes(b"1")
