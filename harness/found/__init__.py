"""What golden says about what people reported, and about the two front ends: verdicts, computed, never told."""
