"""Ours: the same estate with this package."""

from shape import declare

import wallaroo_pulumi

declare(wallaroo_pulumi)
