"""Models, their versions and configurations, and external model registries."""
