"""The floor: the same resources and properties from a provider that does nothing."""

import floor_provider
from shape import declare

declare(floor_provider)
