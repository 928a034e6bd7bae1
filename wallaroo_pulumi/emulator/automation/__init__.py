"""Orchestrations, tasks and assays: what the platform runs by itself."""
