"""Where the engine is: the official CLI on PATH, else the one that ``engine/build.py`` builds once on a machine."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

BUILD = Path(__file__).parents[2] / "engine/build.py"


@functools.cache
def engine_folder() -> Path:
    built = subprocess.run([sys.executable, str(BUILD)], stdout=subprocess.PIPE, text=True, check=True)
    return Path(built.stdout.splitlines()[-1])
