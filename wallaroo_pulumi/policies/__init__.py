"""The policy pack: an organisation's rules for its Wallaroo objects, checked in previews and updates.

``pulumi up --policy-pack "$(wallaroo-pulumi policy-pack)"`` runs it. The rules (``rules.py``) are pure functions that
do not depend on Pulumi; ``pack.py`` serves them to the engine.
"""

from pathlib import Path


def folder() -> Path:
    """Return the folder for ``--policy-pack``."""
    return Path(__file__).parent
