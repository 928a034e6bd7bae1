"""The control plane: seeding an instance, and changing it without going through its API."""
