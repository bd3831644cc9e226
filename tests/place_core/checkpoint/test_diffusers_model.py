"""Whole models, from and to single files and folders of diffusers."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import load_file, save_file

from place_core.checkpoint import CheckpointError, NoHeadsError, read_heads, read_metadata
from place_core.checkpoint.diffusers_model import (
    ldm_state_dict,
    load_model,
    load_unet,
    save_diffusers,
    save_ldm,
)

METADATA = {"base": "small", "steps": "3"}


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("something asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def single_file(tmp_path, model):
    save_ldm(model, tmp_path / "model.safetensors", METADATA)
    return tmp_path / "model.safetensors"


@pytest.fixture
def folder(tmp_path, model):
    save_diffusers(model, tmp_path / "model", METADATA)
    return tmp_path / "model"


def assert_same(one, other):
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def all_tensors(model):
    parts = {"unet": model.unet, "vae": model.vae, "text_encoder": model.text_encoder}
    return {f"{p}.{n}": t for p, module in parts.items() for n, t in module.state_dict().items()}


def test_a_single_file_reads_back_the_same(single_file, model):
    loaded = load_model(single_file)
    assert_same(all_tensors(loaded), all_tensors(model))
    assert loaded.heads.layers == model.heads.layers
    assert torch.equal(loaded.heads.weight, model.heads.weight)


def test_a_folder_reads_back_the_same(folder, model):
    loaded = load_model(folder)
    assert_same(all_tensors(loaded), all_tensors(model))
    assert torch.equal(loaded.heads.bias, model.heads.bias)


def test_single_file_to_folder_to_single_file_is_equal_to_the_bit(single_file, tmp_path):
    save_diffusers(load_model(single_file), tmp_path / "folder", {})
    save_ldm(load_model(tmp_path / "folder"), tmp_path / "again.safetensors", {})
    assert_same(load_file(tmp_path / "again.safetensors"), load_file(single_file))


def test_a_pickled_checkpoint_loads_too(single_file, tmp_path, model):
    torch.save({"state_dict": load_file(single_file)}, tmp_path / "model.ckpt")
    assert_same(all_tensors(load_model(tmp_path / "model.ckpt")), all_tensors(model))


def test_the_models_compute_the_same_after_both_ways(single_file, folder, model):
    latent = torch.randn(1, 4, 8, 8)
    tokens = torch.arange(77)[None] % 100

    @torch.inference_mode()
    def outputs(model):
        text = model.text_encoder(tokens).last_hidden_state
        picture = model.vae.decode(latent).sample
        return text, model.unet(latent, torch.tensor([7]), text).sample, picture

    expected = outputs(model)
    for path in (single_file, folder):
        for one, other in zip(outputs(load_model(path)), expected, strict=True):
            torch.testing.assert_close(one, other)


def test_a_loaded_model_is_ready_to_use_and_to_train(single_file, folder):
    for path in (single_file, folder):
        model = load_model(path)
        for module in (model.unet, model.vae, model.text_encoder):
            tensors = [*module.parameters(), *module.buffers()]
            assert not module.training
            assert all(tensor.device.type == "cpu" for tensor in tensors)
            assert all(p.dtype == torch.float32 and p.requires_grad for p in module.parameters())


def test_training_a_loaded_model_does_not_write_to_its_file(single_file):
    before = single_file.read_bytes()
    model = load_model(single_file)
    with torch.no_grad():
        for parameter in model.unet.parameters():
            parameter.zero_()
    assert single_file.read_bytes() == before


def test_names_in_a_single_file_are_those_of_stable_diffusion(model):
    tensors = ldm_state_dict(model)
    assert tensors["first_stage_model.encoder.mid.attn_1.q.weight"].shape == (64, 64, 1, 1)
    assert tensors["model.diffusion_model.input_blocks.1.1.proj_in.weight"].shape == (32, 32, 1, 1)
    text = "cond_stage_model.transformer.text_model"
    assert f"{text}.final_layer_norm.weight" in tensors
    assert tensors[f"{text}.embeddings.position_ids"].tolist() == [list(range(77))]
    head = "model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.cascale.0"
    assert tensors[f"{head}.weight"].shape == (1, 128)


def test_half_precision_spares_the_heads_and_the_integers(tmp_path, model):
    save_ldm(model, tmp_path / "half.safetensors", METADATA, torch.float16)
    tensors = load_file(tmp_path / "half.safetensors")
    whole = {name for name, tensor in tensors.items() if tensor.dtype != torch.float16}
    assert {name.rpartition(".attn2.")[2] for name in whole if "attn2" in name} == {
        "cascale.0.weight",
        "cascale.0.bias",
    }
    assert {n for n in whole if "attn2" not in n} == {
        "cond_stage_model.transformer.text_model.embeddings.position_ids"
    }
    assert torch.equal(read_heads(tmp_path / "half.safetensors").weight, model.heads.weight)
    assert load_model(tmp_path / "half.safetensors").unet.dtype == torch.float32


def test_metadata_goes_along(single_file, folder):
    metadata = read_metadata(single_file)
    assert metadata.pop("place_model").startswith("{")
    assert metadata == {**METADATA, "format": "place-checkpoint-1"}
    assert read_metadata(folder) == {**METADATA, "format": "place-checkpoint-1"}
    assert read_metadata(folder / "place_heads.safetensors")["base"] == "small"


def test_heads_are_found_in_a_folder(folder, model):
    assert torch.equal(read_heads(folder).weight, model.heads.weight)
    (folder / "place_heads.safetensors").unlink()
    with pytest.raises(NoHeadsError, match="model holds no PLACE heads"):
        read_heads(folder)


def test_an_ordinary_model_has_no_heads(tmp_path, model):
    model.heads = None
    save_ldm(model, tmp_path / "model.safetensors", {})
    save_diffusers(model, tmp_path / "folder", {})
    assert load_model(tmp_path / "model.safetensors").heads is None
    assert load_model(tmp_path / "folder").heads is None
    assert not (tmp_path / "folder" / "place_heads.safetensors").exists()


def test_text_encoders_without_text_model_in_their_names_load(single_file, tmp_path, model):
    tensors = {k.replace(".text_model.", "."): v for k, v in load_file(single_file).items()}
    save_file(tensors, tmp_path / "merged.safetensors")
    assert_same(all_tensors(load_model(tmp_path / "merged.safetensors")), all_tensors(model))


def test_leftovers_of_training_are_passed_over(single_file, tmp_path, model):
    extra = {
        "model_ema.diffusion_modelout2weight": torch.ones(2),
        "alphas_cumprod": torch.ones(1000),
        "first_stage_model.loss.logvar": torch.ones(1),
        "cond_stage_model.transformer.text_projection.weight": torch.ones(2, 2),
    }
    save_file({**load_file(single_file), **extra}, tmp_path / "trained.safetensors")
    assert_same(all_tensors(load_model(tmp_path / "trained.safetensors")), all_tensors(model))


def test_a_folder_with_pickled_weights_loads(folder, model):
    unet = folder / "unet" / "diffusion_pytorch_model.safetensors"
    text = folder / "text_encoder" / "model.safetensors"
    torch.save(load_file(unet), unet.with_name("diffusion_pytorch_model.bin"))
    torch.save(load_file(text), text.with_name("pytorch_model.bin"))
    unet.unlink()
    text.unlink()
    assert_same(all_tensors(load_model(folder)), all_tensors(model))


def test_the_unet_loads_alone(single_file, folder, tmp_path, model):
    assert_same(load_unet(single_file), model.unet.state_dict())
    assert_same(load_unet(folder), model.unet.state_dict())
    unet = {n: t for n, t in load_file(single_file).items() if n.startswith("model.")}
    save_file(unet, tmp_path / "unet.safetensors")
    assert_same(load_unet(tmp_path / "unet.safetensors"), model.unet.state_dict())


def write_tokenizer(folder: Path) -> Path:
    folder.mkdir()
    words = ["<|startoftext|>", "<|endoftext|>", "a</w>"]
    (folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "CLIPTokenizer", "model_max_length": 77})
    )
    return folder


def test_the_pipeline_of_diffusers_reads_the_folder(tmp_path, model):
    model.tokenizer_folder = write_tokenizer(tmp_path / "tokenizer")
    save_diffusers(model, tmp_path / "model", METADATA)
    pipeline = StableDiffusionPipeline.from_pretrained(tmp_path / "model", local_files_only=True)
    assert_same(pipeline.unet.state_dict(), model.unet.state_dict())
    assert_same(pipeline.text_encoder.state_dict(), model.text_encoder.state_dict())
    scheduler = pipeline.scheduler.config
    assert (scheduler.beta_start, scheduler.beta_end) == (0.00085, 0.012)
    assert load_model(tmp_path / "model").tokenizer_folder == tmp_path / "model" / "tokenizer"
    picture = pipeline("a", height=16, width=16, num_inference_steps=2, output_type="np").images
    assert picture.shape == (1, 16, 16, 3)


def test_the_pipeline_takes_a_tokenizer_from_its_caller(tmp_path, folder):
    from transformers import CLIPTokenizer

    tokenizer = CLIPTokenizer.from_pretrained(write_tokenizer(tmp_path / "tokenizer"))
    pipeline = StableDiffusionPipeline.from_pretrained(
        folder, tokenizer=tokenizer, local_files_only=True
    )
    assert pipeline.tokenizer is tokenizer


# --- What is refused ----------------------------------------------------------------------------


def write_undescribed(model, path: Path) -> None:
    """A single file as others write it, of models too that are refused here."""
    save_file({name: t.contiguous() for name, t in ldm_state_dict(model).items()}, path)


def test_a_model_with_a_lora_inside_is_not_written(tmp_path, model):
    from peft import LoraConfig

    model.unet.add_adapter(LoraConfig(r=2, target_modules=["to_q"]))
    for save in (save_ldm, save_diffusers):
        with pytest.raises(CheckpointError, match="merge a LoRA"):
            save(model, tmp_path / "model.safetensors", {})
    assert os.listdir(tmp_path) == []


def test_nothing_is_overwritten(single_file, folder, model):
    before = single_file.read_bytes()
    inside = sorted(os.listdir(folder))
    with pytest.raises(FileExistsError):
        save_ldm(model, single_file, {})
    with pytest.raises(FileExistsError):
        save_diffusers(model, folder, {})
    assert single_file.read_bytes() == before
    assert sorted(os.listdir(folder)) == inside


def test_a_failure_in_the_middle_of_a_folder_leaves_nothing(tmp_path, model):
    model.tokenizer_folder = tmp_path / "gone"
    with pytest.raises(OSError):
        save_diffusers(model, tmp_path / "model", {})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("save", [save_ldm, save_diffusers])
def test_a_full_disk_leaves_nothing(tmp_path, model, full_disk, save):
    with pytest.raises(OSError, match=r"model\.safetensors could not be written"):
        save(model, tmp_path / "model.safetensors", {})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("prefix", "part"),
    [
        ("model.diffusion_model.", "UNet"),
        ("first_stage_model.", "VAE"),
        ("cond_stage_model.transformer.", "text encoder"),
    ],
)
def test_a_missing_part_is_named(single_file, tmp_path, prefix, part):
    tensors = {n: t for n, t in load_file(single_file).items() if not n.startswith(prefix)}
    save_file(tensors, tmp_path / "part.safetensors")
    with pytest.raises(CheckpointError, match=rf"part\.safetensors lacks its {part}"):
        load_model(tmp_path / "part.safetensors")


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_a_missing_folder_is_named(folder, part):
    (folder / part).rename(folder / "elsewhere")
    with pytest.raises(CheckpointError, match=f"model lacks {part}/config.json"):
        load_model(folder)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("conditioner.embedders.0.transformer.weight", "Stable Diffusion XL"),
        ("cond_stage_model.model.ln_final.weight", "Stable Diffusion 2"),
        ("model.diffusion_model.joint_blocks.0.weight", "Stable Diffusion 3"),
        ("model.diffusion_model.double_blocks.0.weight", "Flux"),
        ("lora_unet_mid_block.alpha", "a LoRA"),
    ],
)
def test_another_family_is_named(tmp_path, name, family):
    save_file({name: torch.ones(1)}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match=rf"{family} .*Use a Stable Diffusion 1\.x model"):
        load_model(tmp_path / "other.safetensors")


@pytest.mark.parametrize(
    ("width", "family"), [(1024, "Stable Diffusion 2"), (2048, "Stable Diffusion XL")]
)
def test_a_wider_text_is_of_another_family(tmp_path, model, unet, width, family):
    model.unet, model.heads = unet(cross_attention_dim=width), None
    write_undescribed(model, tmp_path / "wide.safetensors")
    save_diffusers(model, tmp_path / "wide", {})
    for path in (tmp_path / "wide.safetensors", tmp_path / "wide"):
        with pytest.raises(CheckpointError, match=family):
            load_model(path)


def test_an_inpainting_model_is_refused(tmp_path, model, unet):
    model.unet = unet(in_channels=9)
    write_undescribed(model, tmp_path / "inpaint.safetensors")
    with pytest.raises(CheckpointError, match="its UNet reads 9 channels and gives 4"):
        load_model(tmp_path / "inpaint.safetensors")
    with pytest.raises(CheckpointError, match="its UNet reads 9 channels and gives 4"):
        save_ldm(model, tmp_path / "again.safetensors", {})


def test_a_text_encoder_of_another_width_is_refused(tmp_path, model, text_encoder):
    model.text_encoder = text_encoder(64)
    write_undescribed(model, tmp_path / "mixed.safetensors")
    with pytest.raises(CheckpointError, match="text encoder is 64 wide, the UNet reads 32"):
        load_model(tmp_path / "mixed.safetensors")


def test_a_vae_of_another_family_is_refused(tmp_path, model, vae):
    model.vae = vae(latent_channels=16)
    write_undescribed(model, tmp_path / "mixed.safetensors")
    with pytest.raises(CheckpointError, match="the VAE has 16 latent channels, the UNet 4"):
        load_model(tmp_path / "mixed.safetensors")


def test_heads_of_another_model_are_refused(single_file, tmp_path):
    tensors = load_file(single_file)
    lost = [n for n in tensors if "middle_block" in n and "cascale" in n]
    save_file({n: t for n, t in tensors.items() if n not in lost}, tmp_path / "few.safetensors")
    with pytest.raises(CheckpointError, match=r"middle_block.*attn2 is in the UNet or among"):
        load_model(tmp_path / "few.safetensors")
    narrow = {
        n: t[:, :64].clone() if n.endswith("cascale.0.weight") else t for n, t in tensors.items()
    }
    save_file(narrow, tmp_path / "narrow.safetensors")
    with pytest.raises(CheckpointError, match="embedding of 64, the UNet has 128"):
        load_model(tmp_path / "narrow.safetensors")


@pytest.mark.parametrize(
    "lost",
    [
        "model.diffusion_model.input_blocks.1.0.in_layers.2.weight",
        "model.diffusion_model.out.2.weight",
        "first_stage_model.decoder.conv_in.weight",
        "cond_stage_model.transformer.text_model.encoder.layers.1.mlp.fc2.bias",
        "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight",
    ],
)
def test_a_missing_weight_is_reported(single_file, tmp_path, lost):
    tensors = load_file(single_file)
    del tensors[lost]
    save_file(tensors, tmp_path / "cut.safetensors")
    with pytest.raises(CheckpointError, match=r"cut\.safetensors (lacks the weight|is incomplete)"):
        load_model(tmp_path / "cut.safetensors")


def test_a_weight_of_another_shape_is_reported(single_file, tmp_path):
    tensors = load_file(single_file)
    tensors["model.diffusion_model.time_embed.0.weight"] = torch.ones(3, 3)
    save_file(tensors, tmp_path / "odd.safetensors")
    with pytest.raises(CheckpointError, match=r"time_embedding\.linear_1\.weight"):
        load_model(tmp_path / "odd.safetensors")


def test_a_missing_weight_in_a_folder_is_not_made_up(folder):
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    del tensors["conv_in.weight"]
    save_file(tensors, path, {"format": "pt"})
    with pytest.raises(CheckpointError, match=r"model/unet .*conv_in"):
        load_model(folder)


def test_damage_in_a_folder_is_reported(folder):
    (folder / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(b"<html>")
    with pytest.raises(CheckpointError, match=r"model/vae cannot be read; get it again"):
        load_model(folder)


class Evil:
    def __init__(self, flag):
        self.flag = flag

    def __reduce__(self):
        return (os.mkdir, (str(self.flag),))


@pytest.mark.parametrize(
    ("part", "safe", "pickled"),
    [
        ("unet", "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin"),
        ("vae", "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin"),
        ("text_encoder", "model.safetensors", "pytorch_model.bin"),
    ],
)
def test_code_in_the_pickles_of_a_folder_is_not_run(folder, tmp_path, part, safe, pickled):
    tensors = load_file(folder / part / safe)
    (folder / part / safe).unlink()
    evil = Evil(tmp_path / "code was run")
    torch.save({**tensors, "evil": evil}, folder / part / pickled)
    with pytest.raises(CheckpointError, match=rf"model/{part} cannot be read"):
        load_model(folder)
    assert not (tmp_path / "code was run").exists()


def test_a_folder_of_another_family_is_named(folder):
    (folder / "text_encoder_2").mkdir()
    with pytest.raises(CheckpointError, match="Stable Diffusion XL"):
        load_model(folder)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="does not exist"):
        load_model(tmp_path / "gone.safetensors")
