"""The business unit operations."""
