"""`accelerate launch -m place_core.training --config FILE`: train PLACE (see docs/training.md)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

_EXTRA = ("accelerate", "diffusers", "peft", "tensorboard", "transformers", "yaml")


def main() -> int:
    """Returns the exit code: 0 done or stopped by request, 1 a problem that the user can solve."""
    parser = argparse.ArgumentParser(prog="python -m place_core.training", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="the run, a YAML file")
    parser.add_argument(
        "--resume", action="store_true", help="go on from the newest checkpoint of the output"
    )
    options = parser.parse_args()
    try:
        # First and alone: a slip in the file is told in a second, the rest takes ten to import.
        from .config import ConfigError, read_config

        try:
            config = read_config(options.config)
        except ConfigError as error:
            return _fail(str(error))
        from ..checkpoint import CheckpointError
        from .data import DataError
        from .trainer import Trainer, TrainingError
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in _EXTRA:
            return _fail(f"{error.name} is not installed; `pip install -e '.[train]'` brings it")
        raise
    try:
        for path in Trainer(config, options.resume).run():
            print(f"Wrote {path}")
    except (ConfigError, DataError, CheckpointError, TrainingError, OSError) as error:
        return _fail(str(error))
    return 0


def _fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
