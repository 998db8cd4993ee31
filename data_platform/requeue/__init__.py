"""Runs that waited while code changed: those that fit no more are submitted anew, or cancelled with a reason."""
