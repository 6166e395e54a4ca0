"""Scenario files as pytest items; imported by harness.pytest_plugin when asked for."""
