"""bfloat16 is used where it is fast."""

from __future__ import annotations

import pytest
import torch

from place_core.demo.precision import computes_in_bfloat16, fast_autocast

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"architecture": "x86_64", "avx2": True, "avx512_bf16": False}, False),
        ({"architecture": "x86_64", "avx512_bf16": True}, True),
        ({"architecture": "aarch64", "bf16": True}, True),
    ],
)
def test_cpus_compute_in_it_when_they_say_so(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert computes_in_bfloat16(CPU) is expected
    matrix = torch.ones(2, 2)
    with fast_autocast(CPU):
        assert (matrix @ matrix).dtype == (torch.bfloat16 if expected else torch.float32)


def test_an_older_pytorch_that_does_not_tell_stays_with_float32(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not computes_in_bfloat16(CPU)


def test_gpus_always_do():
    assert computes_in_bfloat16(torch.device("cuda"))
