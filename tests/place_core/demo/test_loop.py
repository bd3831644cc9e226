"""The training loop of the demo model's own stages."""

from __future__ import annotations

import json

import pytest
import torch

from place_core.demo import loop
from place_core.demo.loop import train_steps


def fit(state, steps, stop_at=None):
    """A line through numbered points; stopped before step ``stop_at``."""
    torch.manual_seed(0)
    line = torch.nn.Linear(1, 1)

    def loss_of(step):
        if step == stop_at:
            raise KeyboardInterrupt
        x = torch.rand(8, 1, generator=torch.Generator().manual_seed(step))
        return (line(x) - 3 * x - 1).square().mean()

    train_steps(state, {"line": line}, 0.05, steps, loss_of, ema_decay=0.9)
    return line


@pytest.fixture(autouse=True)
def saves_often(monkeypatch):
    monkeypatch.setattr(loop, "_SAVE_SECONDS", 0.0)


def test_it_learns_and_logs_the_loss(tmp_path):
    line = fit(tmp_path / "line.pt", 300)
    assert abs(line.weight.item() - 3) < 0.3 and abs(line.bias.item() - 1) < 0.3
    log = [json.loads(row) for row in (tmp_path / "line.jsonl").read_text().splitlines()]
    assert [row["step"] for row in log] == list(range(50, 301, 50))
    assert log[-1]["loss"] < 0.1 * log[0]["loss"]


def test_a_run_that_was_stopped_ends_where_one_that_was_not_does(tmp_path):
    whole = fit(tmp_path / "whole.pt", 40)
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path / "halves.pt", 40, stop_at=17)
    halves = fit(tmp_path / "halves.pt", 40)
    assert torch.equal(whole.weight, halves.weight) and torch.equal(whole.bias, halves.bias)


def test_a_finished_run_is_read_and_not_trained_again(tmp_path):
    first = fit(tmp_path / "line.pt", 20)
    again = fit(tmp_path / "line.pt", 20, stop_at=0)
    assert torch.equal(first.weight, again.weight)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["line.pt"]


def test_a_module_may_learn_faster_than_the_others(tmp_path):
    slow, fast = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
    before = {"slow": slow.weight.item(), "fast": fast.weight.item()}

    def loss_of(step):
        return (slow.weight + fast.weight).sum()

    # AdamW's first step is the learning rate itself, whatever the gradient.
    train_steps(
        tmp_path / "both.pt",
        {"slow": slow, "fast": fast},
        1e-3,
        1,
        loss_of,
        ema_decay=0.0,
        rate_factors={"fast": 10.0},
    )
    assert before["slow"] - slow.weight.item() == pytest.approx(1e-3, rel=0.05)
    assert before["fast"] - fast.weight.item() == pytest.approx(1e-2, rel=0.05)


def test_a_run_with_factors_can_be_stopped_too(tmp_path):
    def fit_two(state, stop_at=None):
        torch.manual_seed(0)
        modules = {"slow": torch.nn.Linear(1, 1), "fast": torch.nn.Linear(1, 1)}

        def loss_of(step):
            if step == stop_at:
                raise KeyboardInterrupt
            x = torch.rand(8, 1, generator=torch.Generator().manual_seed(step))
            return (modules["fast"](modules["slow"](x)) - 2 * x).square().mean()

        train_steps(state, modules, 0.01, 20, loss_of, 0.9, {"fast": 10.0})
        return modules

    whole = fit_two(tmp_path / "whole.pt")
    with pytest.raises(KeyboardInterrupt):
        fit_two(tmp_path / "halves.pt", stop_at=7)
    halves = fit_two(tmp_path / "halves.pt")
    for name, module in whole.items():
        assert torch.equal(module.weight, halves[name].weight)
