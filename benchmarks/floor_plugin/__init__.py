"""A plugin that does nothing: whatever it costs is Pulumi's own."""
