"""Connections to data sources, and the inference log."""
