"""What every adapter to Pulumi shares: the engine's calls on plain dictionaries, and the checks before each of them."""
