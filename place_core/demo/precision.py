"""In which precision the stages of the demo model compute."""

from __future__ import annotations

import torch

# What CPUs with arithmetic in bfloat16 say of themselves: x86, x86 with AMX, ARM.
_OF_CPUS = ("avx512_bf16", "amx_bf16", "bf16")


def computes_in_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 makes the device faster.

    CPUs that only imitate the format take ten and more times as long in it as in float32.
    """
    if device.type != "cpu":
        return True
    # PyTorch before 2.10 does not tell; there float32 is the safe answer.
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()
    return any(capabilities.get(name, False) for name in _OF_CPUS)


def fast_autocast(device: torch.device) -> torch.autocast:
    """Autocast to bfloat16 where it makes the device faster; elsewhere float32 stays."""
    return torch.autocast(device.type, torch.bfloat16, enabled=computes_in_bfloat16(device))
