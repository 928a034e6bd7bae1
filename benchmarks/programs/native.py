"""Ours, served by the native plugin."""

from shape import declare

import wallaroo_pulumi.native

declare(wallaroo_pulumi.native)
