"""How much memory the client needs to upload a file: ``python -m benchmarks.upload_memory [GiB]`` prints it as JSON.

The file is sparse, so that it takes no room on the disk. The emulator is a process of its own; what is measured is the
peak of this process's resident memory, before the upload and after it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.core.files import sha256_of

from .instance import Instance

MIB = 2**20


@dataclass(frozen=True)
class Upload:
    """Sizes in MiB, speeds in MiB per second."""

    size: float
    before: float
    """The peak before the upload."""
    peak: float
    digest: float
    upload: float

    @property
    def grown(self) -> float:
        return self.peak - self.before


def measure(gib: float) -> Upload:
    """Upload so much in a process of its own, whose peak nothing else has raised."""
    command = [sys.executable, "-m", "benchmarks.upload_memory", str(gib)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 -- this module
    return Upload(**json.loads(told))


def upload(instance: Instance, file: Path) -> Upload:
    client = Client(load(instance.emulated.settings.get, {}))
    metadata = {
        "name": "large",
        "visibility": "private",
        "workspace_id": client.workspaces.create("upload-memory").id,
        "conversion": {"framework": "onnx", "requirements": []},
    }
    before = _peak()
    started = time.perf_counter()
    digest = sha256_of(file)
    hashed = time.perf_counter()
    version = client.models.version(client.models.upload(metadata, file, 1800)).model_version
    done = time.perf_counter()
    client.close()
    size = file.stat().st_size
    if (version.file_info.sha, version.file_info.size) != (digest, size):
        raise SystemExit("what arrived is not what was sent")
    return Upload(size / MIB, before, _peak(), size / MIB / (hashed - started), size / MIB / (done - hashed))


def _peak() -> float:
    """The largest resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    gib = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    with Instance() as instance, tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "large.onnx")
        with file.open("wb") as sparse:
            sparse.truncate(int(gib * 1024) * MIB)
        print(json.dumps(asdict(upload(instance, file))))


if __name__ == "__main__":
    main()
