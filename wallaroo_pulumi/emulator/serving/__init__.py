"""Pipelines, deployments, inference, and publishes for edges."""
