"""The command `dp`."""
