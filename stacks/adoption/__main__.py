"""Takes over the objects that an instance already has: declares ``estate.yaml``, which was exported from it::

    wallaroo-pulumi export --output estate.yaml
    pulumi up      # changes nothing on the instance; from here on, the file is the source of truth

docs/adoption.md describes all steps.
"""

from pathlib import Path

import pulumi

from wallaroo_pulumi import estate

file = Path(__file__).with_name("estate.yaml")
try:
    outputs = estate.declare(estate.load(file), file.parent)
except estate.EstateError as error:
    raise pulumi.RunError(str(error)) from None

for key, value in outputs.items():
    pulumi.export(key, value)
