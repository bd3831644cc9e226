"""``python -m place_core.checkpoint``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from place_core.checkpoint import read_heads, read_metadata
from place_core.checkpoint.__main__ import main
from place_core.checkpoint.diffusers_model import save_ldm

ROOT = Path(__file__).parents[3]
METADATA = {"base": "sd.safetensors", "steps": "7", "configuration": "{}", "other": "x"}
CARRIED = {"base": "sd.safetensors", "steps": "7", "configuration": "{}"}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return lambda command: main(command.split())


@pytest.fixture
def tuned(tmp_path, model):
    save_ldm(model, tmp_path / "tuned.safetensors", METADATA)
    return tmp_path / "tuned.safetensors"


@pytest.fixture
def base(tmp_path, model, tuned):
    """As ``tuned`` before its training, without heads."""
    model.heads = None
    attention = model.unet.mid_block.attentions[0].transformer_blocks[0].attn2
    with torch.no_grad():
        attention.to_k.weight += 0.1
    save_ldm(model, tmp_path / "base.safetensors", {})
    return tmp_path / "base.safetensors"


def same(one, other):
    one, other = load_file(one), load_file(other)
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_a_file_goes_to_a_folder_and_back(run, tuned):
    assert run("to-diffusers tuned.safetensors folder --license MIT") == 0
    assert run("to-ldm folder again.safetensors") == 0
    assert same("again.safetensors", tuned)
    metadata = read_metadata(Path("again.safetensors"))
    assert metadata.pop("place_model") == read_metadata(tuned)["place_model"]
    assert metadata == {
        **CARRIED,
        "license": "MIT",
        "format": "place-checkpoint-1",
    }


def test_a_file_is_written_in_half_precision(run, tuned):
    assert run("to-ldm tuned.safetensors half.safetensors --dtype float16") == 0
    assert Path("half.safetensors").stat().st_size < 0.6 * tuned.stat().st_size


def test_heads_are_written_alone(run, tuned, model, capsys):
    assert run("heads tuned.safetensors heads.safetensors") == 0
    assert torch.equal(read_heads(Path("heads.safetensors")).weight, model.heads.weight)
    assert read_metadata(Path("heads.safetensors")) == {**CARRIED, "format": "place-fusion-1"}
    assert "wrote heads.safetensors" in capsys.readouterr().out


def test_a_source_that_says_nothing_of_itself_is_named_as_the_base(run, base):
    assert run("to-ldm base.safetensors again.safetensors") == 0
    assert read_metadata(Path("again.safetensors"))["base"] == "base.safetensors"


def test_a_lora_is_written_with_the_heads_beside_it(run, tuned, base, capsys):
    assert run("lora tuned.safetensors base.safetensors lora.safetensors --rank 4") == 0
    assert len(load_file("lora.safetensors")) == 3
    assert read_metadata(Path("lora.safetensors")) == {
        **CARRIED,
        "base": "base.safetensors",
        "format": "place-lora-1",
    }
    assert len(read_heads(Path("lora_heads.safetensors")).layers) == 4
    out = capsys.readouterr().out
    assert "kept energy: 100.00%" in out
    assert "attn2.to_k" in out


def test_a_lora_of_a_model_without_heads_comes_alone(run, tuned, base):
    assert run("lora base.safetensors tuned.safetensors lora.safetensors --rank 4") == 0
    assert not Path("lora_heads.safetensors").exists()


def test_equal_models_make_no_lora(run, tuned, base, capsys):
    before = sorted(os.listdir())
    assert run("lora base.safetensors base.safetensors lora.safetensors --rank 4") == 1
    assert "differ in no layer" in capsys.readouterr().err
    assert sorted(os.listdir()) == before


def test_show_tells_what_is_inside(run, tuned, base, capsys):
    run("lora tuned.safetensors base.safetensors lora.safetensors --rank 4")
    run("to-diffusers tuned.safetensors folder")
    capsys.readouterr()
    assert run("show tuned.safetensors") == 0
    out = capsys.readouterr().out
    assert "steps: 7" in out
    assert "PLACE heads: 8 tensors, 516 numbers, float32" in out
    for part in ("UNet", "VAE", "text encoder"):
        assert f"  {part}: " in out
    assert run("show lora.safetensors") == 0
    assert "LoRA for the UNet: 3 tensors" in capsys.readouterr().out
    assert run("show folder") == 0
    assert "place_heads.safetensors:\n  PLACE heads: 8 tensors" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        "to-ldm tuned.safetensors there.safetensors",
        "to-diffusers tuned.safetensors there.safetensors",
        "heads tuned.safetensors there.safetensors",
        "lora tuned.safetensors base.safetensors there.safetensors --rank 2",
    ],
)
def test_nothing_is_overwritten(run, tuned, base, command, capsys):
    Path("there.safetensors").write_text("mine")
    before = sorted(os.listdir())
    assert run(command) == 1
    assert capsys.readouterr().err.startswith("error: there.safetensors exists")
    assert Path("there.safetensors").read_text() == "mine"
    assert sorted(os.listdir()) == before


def test_heads_beside_a_lora_are_not_overwritten(run, tuned, base, capsys):
    Path("lora_heads.safetensors").write_text("mine")
    assert run("lora tuned.safetensors base.safetensors lora.safetensors --rank 2") == 1
    assert "lora_heads.safetensors exists" in capsys.readouterr().err
    assert not Path("lora.safetensors").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("to-ldm gone.safetensors a.safetensors", "gone.safetensors does not exist"),
        ("to-ldm tuned.safetensors a.ckpt", "a.ckpt: give the target a name that ends in"),
        ("heads base.safetensors a.safetensors", "holds no PLACE heads"),
        ("lora tuned.safetensors base.safetensors a.safetensors --rank 0", "at least 1, got 0"),
        ("show gone.safetensors", "does not exist"),
        ("show .", "holds no .safetensors file"),
    ],
)
def test_errors_are_one_line(run, tuned, base, command, message, capsys, tmp_path, monkeypatch):
    if command == "show .":
        (tmp_path / "empty").mkdir()
        monkeypatch.chdir(tmp_path / "empty")
    before = sorted(os.listdir())
    assert run(command) == 1
    err = capsys.readouterr().err
    assert message in err
    assert err.startswith("error: ") and err.count("\n") == 1
    assert sorted(os.listdir()) == before


def test_it_runs_as_a_module(tuned):
    done = subprocess.run(
        [sys.executable, "-m", "place_core.checkpoint", "show", tuned],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "base: sd.safetensors" in done.stdout


def test_reading_heads_needs_neither_diffusers_nor_transformers():
    code = (
        "import sys, place_core.checkpoint, place_core.checkpoint.lora\n"
        "print({'diffusers', 'transformers', 'peft', 'accelerate'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
