"""Executes cases inside one Python that has a TensorFlow in it; started by path, see main.py.

This package runs on every Python that TensorFlow ever supported since 1.0: Python 3.6 syntax, and nothing
imported but the standard library, NumPy and TensorFlow. It imports nothing of the rest of the harness.
"""
