"""Measurements side by side with a peer or a limit, each printing a ratio. Run by `make bench`."""
