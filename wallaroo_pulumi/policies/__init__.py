"""The policy pack: what an organisation wants of its Wallaroo objects, judged in previews and updates.

``pulumi up --policy-pack "$(wallaroo-pulumi policy-pack)"`` runs it. The rules themselves (``rules.py``) are pure
functions that know nothing of Pulumi; ``pack.py`` hands them to it.
"""

from pathlib import Path


def folder() -> Path:
    """The folder to give to ``--policy-pack``."""
    return Path(__file__).parent
