"""The program that serves a unit's code, and having it take over a new version."""
