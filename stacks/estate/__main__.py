"""Declares the objects of ``estate.yaml``, or of the files that config ``wallaroo-estate:file`` names.

The setting is a file, a folder of files, or a list of them. A relative path is searched in the project's folder first,
then beside this program.
"""

import json
from pathlib import Path

import pulumi

from wallaroo_pulumi import estate


def file_names() -> list[str]:
    """The names that the setting lists."""
    setting = pulumi.Config("wallaroo-estate").get("file") or "estate.yaml"
    if not setting.startswith(("[", "{")):
        return [setting]
    try:
        names = json.loads(setting)
    except (ValueError, RecursionError):
        names = None
    if isinstance(names, list) and names and all(isinstance(name, str) and name for name in names):
        return names
    raise pulumi.RunError(
        "wallaroo-estate:file must be a file, a folder, or a JSON list of them; run `pulumi config set "
        "wallaroo-estate:file estate.yaml`, or `pulumi config set --path 'wallaroo-estate:file[0]' estate.yaml`"
    )


folders = Path(pulumi.runtime.get_root_directory()), Path(__file__).parent
files = [
    next((folder / name for folder in folders if (folder / name).exists()), folders[0] / name)
    for name in file_names()
]

try:
    outputs = estate.declare(estate.load(*files), files[0] if files[0].is_dir() else files[0].parent)
except estate.EstateError as error:
    raise pulumi.RunError(str(error)) from None

for key, value in outputs.items():
    pulumi.export(key, value)
