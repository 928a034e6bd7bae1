"""``python -m wallaroo_pulumi``: the same as the ``wallaroo-pulumi`` command."""

from .cli import main

main()
