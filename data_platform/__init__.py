"""The shared library of the data platform."""
