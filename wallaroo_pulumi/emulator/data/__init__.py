"""Connections to data sources."""
