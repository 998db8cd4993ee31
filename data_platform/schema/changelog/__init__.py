"""Reads changelogs: formatted SQL, YAML, JSON and XML roots, includes and properties."""

from data_platform.schema.changelog.root import load_changelog

__all__ = ["load_changelog"]
