"""The paper's ablation in small: `python -m place_core.evaluation.study`."""
