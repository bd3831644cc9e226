"""The training loop, on a small model."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from place_core.checkpoint import UNET_PREFIX, read_config, read_heads
from place_core.checkpoint.diffusers_model import load_model, save_ldm
from place_core.checkpoint.model_config import LatentColors
from place_core.training.config import ConfigError
from place_core.training.data import DataError
from small_training import small_model, trained


def assert_same_weights(one, other):
    first, second = load_file(one), load_file(other)
    assert first.keys() == second.keys()
    different = [name for name in first if not torch.equal(first[name], second[name])]
    assert not different


def changed(path, base) -> set[str]:
    """Names of the weights that differ from those of the base, and those that it lacks."""
    after, before = load_file(path), load_file(base)
    return {n for n in after if n not in before or not torch.equal(after[n], before[n])}


def test_a_run_writes_a_checkpoint_with_heads_in_ldm_naming(configure, material):
    _, (path,) = trained(configure(steps=2))
    assert path.name == "run-000002.safetensors"
    heads = read_heads(path)
    assert len(heads.layers) == 4
    assert heads.weight.abs().max() > 0
    touched = changed(path, material / "base.safetensors")
    assert touched and all(name.startswith(UNET_PREFIX) for name in touched)
    with safe_open(path, framework="pt") as file:
        facts = file.metadata()
    assert facts["base"] == "base.safetensors" and facts["steps"] == "2"
    assert '"alignment_weight": 1.0' in facts["configuration"]
    assert str(material) not in facts["configuration"]


@pytest.mark.parametrize("lora_rank", [0, 2])
def test_a_resumed_run_equals_one_without_a_stop(configure, lora_rank):
    shared = {"checkpoint_every": 10, "lora_rank": lora_rank, "ema_decay": 0.9}
    _, whole = trained(configure("whole", steps=20, **shared))
    trained(configure("halves", steps=10, **shared))
    trainer, halves = trained(configure("halves", steps=20, **shared), resume=True)
    assert trainer.step == 20
    for one, other in zip(whole, halves, strict=True):
        assert_same_weights(one, other)


def test_the_optimizer_and_the_average_are_resumed_too(configure):
    shared = {"checkpoint_every": 3, "ema_decay": 0.9}
    trained(configure("whole", steps=6, **shared))
    trained(configure("halves", steps=3, **shared))
    trained(configure("halves", steps=6, **shared), resume=True)
    last = "checkpoints/step-00000006"
    folders = [configure(name).parent / name / last for name in ("whole", "halves")]
    for file in ("optimizer.bin", "custom_checkpoint_0.pkl"):
        one, other = (torch.load(f / file, weights_only=False) for f in folders)
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_the_average_is_what_gets_exported(configure):
    _, (plain,) = trained(configure("plain", steps=4, ema_decay=0.0))
    _, (averaged,) = trained(configure("averaged", steps=4, ema_decay=0.9))
    checkpoint = averaged.parent / "checkpoints/step-00000004/model.safetensors"
    name = f"{UNET_PREFIX}out.2.bias"
    last = load_file(checkpoint)["unet.conv_out.bias"]
    assert torch.equal(load_file(plain)[name], last)
    assert not torch.equal(load_file(averaged)[name], last)


def test_reading_processes_do_not_change_the_result(configure):
    _, (alone,) = trained(configure("alone", steps=3))
    _, (helped,) = trained(configure("helped", steps=3, workers=2))
    assert_same_weights(alone, helped)


def test_accumulated_batches_equal_a_large_one(configure):
    shared = {"steps": 3, "ema_decay": 0.0}
    _, (large,) = trained(configure("large", batch_size=4, **shared))
    _, (small,) = trained(configure("small", batch_size=2, gradient_accumulation=2, **shared))
    _, (other,) = trained(configure("other", batch_size=2, **shared))
    one, two, three = (load_file(p)[f"{UNET_PREFIX}out.2.weight"] for p in (large, small, other))
    assert (one - two).norm() < 1e-3 * (one - three).norm()


def test_gradient_checkpointing_does_not_change_the_result(configure):
    _, (plain,) = trained(configure("plain", steps=3))
    _, (saving,) = trained(configure("saving", steps=3, gradient_checkpointing=True))
    one, two = load_file(plain), load_file(saving)
    for name in one:
        torch.testing.assert_close(two[name], one[name], rtol=1e-5, atol=1e-6)


def test_lora_training_changes_no_weight_of_the_base(configure, material):
    trainer, (lora, heads) = trained(configure(steps=2, lora_rank=2))
    assert lora.name == "run-000002_lora.safetensors"
    assert heads.name == "run-000002_heads.safetensors"
    assert read_heads(heads).weight.abs().max() > 0
    base = load_model(material / "base.safetensors").unet.state_dict()
    after = trainer.unet.unet.state_dict()
    for name, tensor in base.items():
        own = after.get(name)
        if own is None:
            module, _, part = name.rpartition(".")
            own = after[f"{module}.base_layer.{part}"]
        assert torch.equal(own, tensor)
    up = [t for n, t in load_file(lora).items() if n.endswith("lora_up.weight")]
    assert len(up) == 4 * 2 * 4
    assert all(tensor.abs().max() > 0 for tensor in up)


def test_a_lora_checkpoint_holds_the_trained_weights_alone(configure):
    _, (lora, _) = trained(configure(steps=2, lora_rank=2))
    names = load_file(lora.parent / "checkpoints/step-00000002/model.safetensors").keys()
    assert all("lora_" in name or name.startswith("heads.") for name in names)


def test_training_goes_on_from_the_heads_of_its_base(configure):
    _, (first,) = trained(configure("first", steps=3))
    trainer, _ = trained(configure("second", model=first, steps=1, heads_learning_rate=0.0))
    torch.testing.assert_close(trainer.unet.heads.values().weight, read_heads(first).weight)


def test_heads_learn_slowly_whatever_the_unet_learns_with(configure):
    trainer, _ = trained(configure(steps=1, learning_rate=1e-4))
    rates = [group["lr"] for group in trainer._optimizer.param_groups]
    assert rates == pytest.approx([1e-4, 5e-6])


def test_the_learning_rate_rises_evenly_in_the_warm_up(configure):
    trainer, _ = trained(configure(steps=2, learning_rate=1e-5, warmup_steps=3))
    assert trainer._optimizer.param_groups[0]["lr"] == pytest.approx(1e-5 * 2 / 4)


def test_the_learning_rate_may_fall_to_a_tenth(configure):
    trainer, _ = trained(configure(steps=20, learning_rate=1e-5, learning_rate_decay="cosine"))
    assert trainer._optimizer.param_groups[0]["lr"] == pytest.approx(1e-6, rel=0.1)


def test_losses_alpha_and_pictures_are_logged(configure):
    trained(
        configure(steps=2, validate_every=2, validation_pictures=2, validation_steps=2, output="o")
    )
    folder = configure().parent / "o"
    log = EventAccumulator(str(folder / "logs"))
    log.Reload()
    tags = log.Tags()
    losses = {f"loss/{n}" for n in ("total", "denoising", "alignment", "preservation")}
    assert losses < set(tags["scalars"])
    assert {"alpha/timestep 999", "alpha/timestep 0"} < set(tags["scalars"])
    values = {name: log.Scalars(name)[-1].value for name in losses}
    assert values["loss/total"] == pytest.approx(
        sum(v for name, v in values.items() if name != "loss/total"), rel=1e-5
    )
    assert set(tags["images"]) == {"layout/0", "layout/1", "alpha/0"}
    written = sorted(p.name for p in (folder / "validation").iterdir())
    assert written == ["alpha-0-000002.png", "layout-0-000002.png", "layout-1-000002.png"]


def test_only_the_newest_checkpoints_are_kept(configure):
    _, (path,) = trained(configure(steps=4, checkpoint_every=1, keep_checkpoints=2))
    kept = sorted(p.name for p in (path.parent / "checkpoints").iterdir())
    assert kept == ["step-00000003", "step-00000004"]


def test_a_used_output_needs_resume_and_resume_needs_a_checkpoint(configure):
    with pytest.raises(ConfigError, match="nothing to resume"):
        trained(configure(steps=1), resume=True)
    trained(configure(steps=1))
    with pytest.raises(ConfigError, match="--resume"):
        trained(configure(steps=1))


def test_resuming_with_another_configuration_is_refused(configure):
    trained(configure(steps=1))
    with pytest.raises(ConfigError, match=r"learning_rate \(was 0.0001, is 0.001\)"):
        trained(configure(steps=2, learning_rate=1e-3), resume=True)


def test_bad_files_are_named_and_passed_over(configure, material, tmp_path, capsys):
    pairs = shutil.copytree(material / "pairs", tmp_path / "pairs")
    (pairs / "images" / "1.png").write_bytes(b"no picture")
    Image.fromarray(np.zeros((10, 10), np.uint8)).save(pairs / "maps" / "2.png")
    (pairs / "maps" / "3.png").unlink()
    trained(configure(steps=3, paired={"kind": "folder", "path": str(pairs)}))
    said = capsys.readouterr().out + capsys.readouterr().err
    for name in ("1.png", "2.png", "3.png"):
        assert name in said
    assert "3 files were passed over" in said


def test_nothing_readable_is_an_error(configure, material, tmp_path):
    pairs = shutil.copytree(material / "pairs", tmp_path / "pairs")
    for image in (pairs / "images").iterdir():
        image.write_bytes(b"no picture")
    with pytest.raises(DataError, match="none of 4 items can be read"):
        trained(configure(steps=3, paired={"kind": "folder", "path": str(pairs)}))


def test_a_class_that_the_table_lacks_is_named(configure, material, tmp_path, capsys):
    pairs = shutil.copytree(material / "pairs", tmp_path / "pairs")
    Image.fromarray(np.full((64, 64), 77, np.uint8)).save(pairs / "maps" / "0.png")
    trained(configure(steps=3, paired={"kind": "folder", "path": str(pairs)}))
    said = capsys.readouterr().out
    assert "77" in said and "classes.json" in said


def test_a_loss_that_is_no_number_ends_the_run(configure):
    from place_core.training.trainer import TrainingError

    with pytest.raises(TrainingError, match="lower learning rate"):
        trained(configure(steps=20, learning_rate=1e30, ema_decay=0.0))


def test_other_aspect_ratios_are_trained_and_sampled(configure):
    _, (path,) = trained(
        configure(
            steps=1,
            resolution=[88, 56],
            validate_every=1,
            validation_pictures=1,
            validation_steps=2,
        )
    )
    with Image.open(path.parent / "validation" / "layout-0-000001.png") as picture:
        assert picture.width > 88


def test_half_precision_trains_weights_that_stay_in_float32(configure):
    trainer, (path,) = trained(configure(steps=2, mixed_precision="bf16"))
    assert all(p.dtype == torch.float32 for p in trainer.unet.parameters())
    assert all(tensor.isfinite().all() for tensor in load_file(path).values())


def test_weights_are_exported_in_half_precision_with_heads_in_float32(configure):
    _, (path,) = trained(configure(steps=1, export_dtype="float16"))
    tensors = load_file(path)
    assert tensors[f"{UNET_PREFIX}out.2.weight"].dtype == torch.float16
    assert {t.dtype for n, t in tensors.items() if "cascale" in n} == {torch.float32}


def test_the_colors_of_latents_of_the_base_go_along(configure, tmp_path):
    base, path = small_model(), tmp_path / "colored.safetensors"
    base.latent_colors = LatentColors(((0.1, 0.2, 0.3),) * 4, (0, 0, 0))
    save_ldm(base, path, {})
    _, (exported,) = trained(configure(steps=1, model=path))
    assert read_config(exported).latent_colors == base.latent_colors


def test_a_log_that_cannot_be_written_ends_no_run(configure, monkeypatch, capsys):
    def full(*arguments, **options):
        raise OSError("No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    _, (path,) = trained(
        configure(steps=2, validate_every=1, validation_pictures=1, validation_steps=2)
    )
    assert path.is_file()
    assert capsys.readouterr().out.count("No space left on device") == 1
