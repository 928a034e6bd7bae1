"""Declares the objects of ``estate.yaml``, or of the files that config ``wallaroo-estate:file`` names.

The setting is a file, a folder of files, or a list of them. A relative path is searched in the project's folder first,
then beside this program.
"""

import json
from pathlib import Path

import pulumi

from wallaroo_pulumi import estate

setting = pulumi.Config("wallaroo-estate").get("file") or "estate.yaml"
names = json.loads(setting) if setting.startswith("[") else [setting]
folders = Path(pulumi.runtime.get_root_directory()), Path(__file__).parent
files = [
    next((folder / name for folder in folders if (folder / name).exists()), folders[0] / name)
    for name in names
]

try:
    outputs = estate.declare(estate.load(*files), files[0] if files[0].is_dir() else files[0].parent)
except estate.EstateError as error:
    raise pulumi.RunError(str(error)) from None

for key, value in outputs.items():
    pulumi.export(key, value)
