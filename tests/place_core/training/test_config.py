"""The configuration file of a training run."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from place_core.training.config import ConfigError, read_config

LEAST = {
    "model": "sd.safetensors",
    "output": "out",
    "paired": {"kind": "coco-stuff", "path": "coco", "split": "train2017"},
    "captioned": "captions",
}


@pytest.fixture
def read(tmp_path):
    def write_and_read(text=None, **values):
        path = tmp_path / "run.yaml"
        path.write_text(yaml.safe_dump(LEAST | values) if text is None else text, encoding="utf-8")
        return read_config(path)

    return write_and_read


def test_defaults_are_those_of_the_paper(read):
    config = read()
    assert config.learning_rate == 5e-6
    assert config.heads_learning_rate == 5e-6
    assert config.batch_size == 4
    assert config.resolution == (512, 512)
    assert (config.alignment_weight, config.preservation_weight) == (1.0, 1.0)
    assert config.steps == 300_000


def test_paths_are_relative_to_the_file(read, tmp_path):
    config = read(model="/absolute/sd.ckpt")
    assert config.model == Path("/absolute/sd.ckpt")
    assert config.output == tmp_path / "out"
    assert config.paired.path == tmp_path / "coco"


def test_numbers_may_be_written_as_people_write_them(read):
    text = yaml.safe_dump(LEAST) + "learning_rate: 1e-5\nresolution: 256\nema_decay: 0\n"
    config = read(text)
    assert config.learning_rate == 1e-5
    assert config.resolution == (256, 256)
    assert config.ema_decay == 0.0


def test_the_word_no_is_a_precision(read):
    assert read(yaml.safe_dump(LEAST) + "mixed_precision: no\n").mixed_precision == "no"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"lerning_rate": 1}, "unknown key lerning_rate; did you mean learning_rate?"),
        ({"zzz": 1}, "unknown key zzz; known: model"),
        ({"paired": {"kind": "folder", "paht": "x"}}, "unknown key paired.paht.*paired.path"),
        ({"paired": {"kind": "folder"}}, "paired.path must be given"),
        ({"paired": "coco"}, "paired is 'coco', it must hold keys of its own"),
        ({"model": None}, "model must be given"),
        ({"steps": 0}, "steps is 0, it must be 1 or more"),
        ({"steps": 1.5}, "steps is 1.5, it must be a whole number"),
        ({"steps": "many"}, "steps is 'many', it must be a whole number"),
        ({"steps": True}, "steps is True, it must be a whole number"),
        ({"flip": 1}, "flip is 1, it must be true or false"),
        ({"learning_rate": "fast"}, "learning_rate is 'fast', it must be a number"),
        ({"learning_rate": 0}, "learning_rate is 0.0, it must be above 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"heads_learning_rate": -1}, "heads_learning_rate is -1.0"),
        ({"resolution": [512, 500]}, "resolution is .* multiples of 8"),
        ({"resolution": [1, 2, 3]}, "resolution"),
        ({"caption_dropout": 1.5}, "caption_dropout is 1.5, it must be in 0..1"),
        ({"ema_decay": 1}, "ema_decay is 1.0"),
        ({"mixed_precision": "fp8"}, "mixed_precision is fp8, it must be no, fp16 or bf16"),
        ({"export_dtype": "int8"}, "export_dtype is int8, it must be float16 or float32"),
        ({"loss_weighting": "snr"}, "loss_weighting is snr, it must be epsilon or velocity"),
        ({"learning_rate_decay": "linear"}, "learning_rate_decay is linear.*none or cosine"),
        ({"cache_latents": True}, "cache_latents is true.*Set crop and flip to false"),
        ({"cache_latents": True, "crop": False}, "Set crop and flip to false"),
        ({"captioned": None}, "preservation_weight is above 0 but captioned names no pictures"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_must_be(read, values, message):
    with pytest.raises(ConfigError, match=message):
        read(**values)


def test_without_preservation_no_captions_are_needed(read):
    assert read(captioned=None, preservation_weight=0).captioned is None


@pytest.mark.parametrize("text", ["", "just words", "a: [", "- 1\n- 2", "model: \x01"])
def test_a_file_that_holds_no_keys_is_named(read, text):
    with pytest.raises(ConfigError, match="run.yaml"):
        read(text)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere.yaml does not exist"):
        read_config(tmp_path / "nowhere.yaml")


def test_code_in_the_file_is_not_run(read, tmp_path):
    with pytest.raises(ConfigError, match="run.yaml"):
        read(f"model: !!python/object/apply:os.mkdir ['{tmp_path / 'made'}']")
    assert not (tmp_path / "made").exists()


def test_plain_values_of_a_configuration_read_back_as_the_same(read):
    config = read(resolution=[512, 256], lora_rank=8)
    again = read(yaml.safe_dump(config.to_dict()))
    assert again == config
