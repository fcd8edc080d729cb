"""One file per group of pages, each with a ``router``."""
