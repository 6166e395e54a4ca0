"""Measures what BatchNormalization does across TensorFlow's history."""

__version__ = "0.1.0"
