"""The business unit meteorology."""
