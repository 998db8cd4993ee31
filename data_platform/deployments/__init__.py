"""Deployments: bring units to the version on disk while the platform runs, without interrupting a run."""
