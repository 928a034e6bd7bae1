"""Find the engine: the official CLI on PATH, else the one of ``tools/engine/build.py``."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

BUILD = Path(__file__).parents[2] / "tools/engine/build.py"


@functools.cache
def engine_folder() -> Path:
    built = subprocess.run([sys.executable, str(BUILD)], stdout=subprocess.PIPE, text=True, check=True)
    return Path(built.stdout.splitlines()[-1])
