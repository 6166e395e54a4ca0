"""The verbs of the command line, one module each.

A verb module offers ``SUMMARY``, ``configure(parser)`` and ``run(options)``, which returns the exit code. Its
top imports nothing heavy: ``harness --help`` imports them all.
"""
