"""`python -m place_core.training`, as people start it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from place_core.checkpoint import UNET_PREFIX, read_heads

ROOT = Path(__file__).parents[3]
COCO = ROOT.parent / "shared" / "data" / "coco_stuff_sample"
COMMAND = [sys.executable, "-m", "place_core.training", "--config"]
LAUNCH = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--mixed_precision=no"]
# On a CPU, accelerate itself starts several processes through MPI only; torchrun needs none.
TWO_PROCESSES = [
    sys.executable,
    "-m",
    "torch.distributed.run",
    "--standalone",
    "--nproc-per-node=2",
]
# Two processes on two cores would otherwise fight with four threads.
VARIABLES = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}


def run(*command: object, check: bool = True) -> subprocess.CompletedProcess:
    done = subprocess.run(
        [str(c) for c in command], cwd=ROOT, capture_output=True, text=True, env=VARIABLES
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def assert_one_line_without_traceback(done: subprocess.CompletedProcess, *words: str) -> None:
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


@pytest.mark.slow
def test_two_processes_equal_one_with_a_batch_of_twice_the_size(configure, material):
    shared = {"steps": 3, "ema_decay": 0.5, "checkpoint_every": 2}
    one = configure("one", batch_size=4, **shared)
    two = configure("two", batch_size=2, **shared)
    run(*COMMAND, one)
    run(*TWO_PROCESSES, "-m", "place_core.training", "--config", two)
    first = load_file(one.parent / "one" / "one-000003.safetensors")
    second = load_file(two.parent / "two" / "two-000003.safetensors")
    assert first.keys() == second.keys()
    start = load_file(material / "base.safetensors")
    for name, tensor in first.items():
        way = (tensor - start.get(name, torch.zeros_like(tensor))).float()
        assert (second[name] - tensor).float().norm() <= 1e-3 * way.norm(), name


@pytest.mark.slow
def test_accelerate_launches_one_process(configure):
    config = configure(steps=1)
    run(*LAUNCH, "-m", "place_core.training", "--config", config)
    assert read_heads(config.parent / "run" / "run-000001.safetensors")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_saves_its_state_and_goes_on(configure, number):
    shared = {"steps": 12, "workers": 1, "checkpoint_every": 100}
    whole, stopped = configure("whole", **shared), configure("stopped", **shared)
    process = subprocess.Popen(
        [*COMMAND, str(stopped)],
        cwd=ROOT,
        env=VARIABLES,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    wait_for_step(stopped.parent / "stopped", process)
    # As a terminal does: to the whole group, the reading processes among them.
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    assert "Traceback" not in err
    assert "Go on with --resume" in out + err
    (checkpoint,) = (stopped.parent / "stopped" / "checkpoints").iterdir()
    assert checkpoint.name < "step-00000012"
    run(*COMMAND, stopped, "--resume")
    run(*COMMAND, whole)
    one = load_file(whole.parent / "whole" / "whole-000012.safetensors")
    other = load_file(stopped.parent / "stopped" / "stopped-000012.safetensors")
    assert all(torch.equal(one[name], other[name]) for name in one)


def wait_for_step(output: Path, process: subprocess.Popen) -> None:
    """Until the log of a run has grown: its first step is done."""
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        if any(p.stat().st_size > 200 for p in output.glob("logs/**/events.*")):
            return
        time.sleep(0.05)
    raise AssertionError(process.communicate(timeout=10))


@pytest.mark.slow
def test_a_full_disk_costs_no_older_checkpoint(configure):
    """The second checkpoint meets a limit of file size, which acts like a full disk."""
    config = configure(steps=3, checkpoint_every=1)
    limited = textwrap.dedent(
        """
        import resource, runpy, signal, sys
        from place_core.training import checkpoints
        whole = checkpoints.Checkpoints.save
        def save(self, step, facts):
            if step == 2:
                resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
            if step == 3:
                resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            return whole(self, step, facts)
        checkpoints.Checkpoints.save = save
        runpy.run_module("place_core.training", run_name="__main__")
        """
    )
    done = run(sys.executable, "-c", limited, "--config", config, check=False)
    said = done.stdout + done.stderr
    assert "checkpoint of step 2 could not be written" in said
    assert "Training goes on" in said
    assert "Traceback" not in said
    assert done.returncode == 0
    kept = sorted(p.name for p in (config.parent / "run" / "checkpoints").iterdir())
    assert kept == ["step-00000001", "step-00000003"]


@pytest.mark.slow
def test_a_disk_that_stays_full_ends_the_run_with_a_message(configure):
    config = configure(steps=2, checkpoint_every=1)
    run(*COMMAND, config)
    kept = sorted((config.parent / "run" / "checkpoints").rglob("*"))
    longer = configure(steps=3, checkpoint_every=1)
    limited = (
        "import resource, runpy; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY)); "
        "runpy.run_module('place_core.training', run_name='__main__')"
    )
    done = run(sys.executable, "-c", limited, "--config", longer, "--resume", check=False)
    assert_one_line_without_traceback(done, "step 3 could not be written", "--resume from step 2")
    assert sorted((config.parent / "run" / "checkpoints").rglob("*")) == kept


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"learning_rte": 1e-4}, ("unknown key learning_rte", "did you mean learning_rate")),
        ({"model": "/nowhere/base.safetensors"}, ("base.safetensors",)),
        ({"captioned": "/nowhere"}, ("/nowhere",)),
        ({"tokenizer": "/nowhere/tokenizer"}, ("tokenizer", "sd1_tokenizer")),
    ],
)
@pytest.mark.slow
def test_a_wrong_configuration_is_one_clear_line(configure, change, words):
    done = run(*COMMAND, configure(steps=1, **change), check=False)
    assert_one_line_without_traceback(done, *words)


@pytest.mark.slow
def test_it_runs_on_the_coco_stuff_sample(configure):
    if not COCO.is_dir():
        pytest.skip(f"{COCO.name} is not beside the repository (../shared/data)")
    data = {"kind": "coco-stuff", "path": str(COCO), "split": "train2017"}
    config = configure(
        steps=2,
        paired=data,
        validation=data | {"split": "val2017"},
        validate_every=2,
        validation_pictures=1,
        validation_steps=2,
        workers=1,
    )
    done = run(*COMMAND, config)
    assert "Wrote" in done.stdout
    heads = read_heads(config.parent / "run" / "run-000002.safetensors")
    assert all(layer.startswith(("input", "middle", "output")) for layer in heads.layers)
    assert f"{UNET_PREFIX}{heads.layers[0]}.to_q.weight" in load_file(
        config.parent / "run" / "run-000002.safetensors"
    )
    assert (config.parent / "run" / "validation" / "layout-0-000002.png").is_file()
