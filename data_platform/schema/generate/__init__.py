"""An existing database as a changelog, to be adopted."""

from data_platform.schema.generate.writing import changelog_files, write_changelog

__all__ = ["changelog_files", "write_changelog"]
