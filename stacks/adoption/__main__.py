"""Takes over what an instance has already: declares the objects of ``estate.yaml``, which was exported from it::

    wallaroo-pulumi export > estate.yaml
    pulumi up      # changes nothing on the instance; from here on the file is what counts

docs/adoption.md has the whole way.
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
