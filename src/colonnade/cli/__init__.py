"""The command line: one small file per command, each a call in the library."""
