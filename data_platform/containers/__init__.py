"""The platform's processes as containers, one process each, that share a state folder."""
