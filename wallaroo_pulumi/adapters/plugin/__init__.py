"""The native plugin ``pulumi-resource-wallaroo``: the process that serves the package ``wallaroo`` to the engine."""
