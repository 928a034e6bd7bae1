"""Uploads a 1 GiB file to a local emulator and prints how much memory the client needed for it.

    .venv/bin/python benchmarks/upload_memory.py [GiB]

The file is sparse, so that it takes no room on the disk. The emulator is a process of its own; what is measured is the
peak of this process's resident memory, before the upload and after it. Fails when the upload needed more than 64 MiB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.core.files import sha256_of

MIB = 2**20
ALLOWED = 64


def peak() -> float:
    """The largest resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(url: str, file: Path) -> float:
    settings = {
        "apiUrl": url,
        "clientSecret": "api-client-secret",
        "username": "ops@example.com",
        "password": "ops-password",
    }
    client = Client(load(settings.get, {}))
    workspace_id = client.workspaces.create("upload-memory").id
    metadata = {
        "name": "large",
        "visibility": "private",
        "workspace_id": workspace_id,
        "conversion": {"framework": "onnx", "requirements": []},
    }
    before = peak()
    started = time.perf_counter()
    digest = sha256_of(file)
    hashed = time.perf_counter()
    version = client.models.version(client.models.upload(metadata, file, 1800)).model_version
    done = time.perf_counter()
    client.close()
    if (version.file_info.sha, version.file_info.size) != (digest, file.stat().st_size):
        raise SystemExit("what arrived is not what was sent")
    grown = peak() - before
    size = file.stat().st_size / MIB
    print(f"file                  {size:8.0f} MiB")
    print(f"peak before / after   {before:8.1f} / {peak():.1f} MiB")
    print(f"grown by              {grown:8.1f} MiB")
    print(f"digest                {size / (hashed - started):8.0f} MiB/s")
    print(f"upload                {size / (done - hashed):8.0f} MiB/s")
    return grown


def main() -> int:
    gib = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    emulator = subprocess.Popen(
        [sys.executable, "-m", "wallaroo_pulumi.emulator"], stdout=subprocess.PIPE, text=True
    )
    try:
        with emulator, tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "large.onnx")
            with file.open("wb") as sparse:
                sparse.truncate(int(gib * 1024) * MIB)
            url = emulator.stdout.readline().strip() if emulator.stdout else ""
            grown = measure(url, file)
            emulator.terminate()
    finally:
        emulator.terminate()
    return 0 if grown < ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main())
