"""The business unit fleet."""
