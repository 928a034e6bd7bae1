"""The estate: declares the objects that ``estate.yaml`` names (or the file of config ``wallaroo-estate:file``).

A relative path is looked for in the project's folder first, then beside this program.
"""

from pathlib import Path

import pulumi

from wallaroo_pulumi import estate

name = pulumi.Config("wallaroo-estate").get("file") or "estate.yaml"
candidates = [Path(pulumi.runtime.get_root_directory(), name), Path(__file__).parent / name]
file = next((path for path in candidates if path.is_file()), candidates[0])

try:
    outputs = estate.declare(estate.load(file), file.parent)
except estate.EstateError as error:
    raise pulumi.RunError(str(error)) from None

for key, value in outputs.items():
    pulumi.export(key, value)
