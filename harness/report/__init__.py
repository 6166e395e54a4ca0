"""Pure functions from a comparison to text."""
