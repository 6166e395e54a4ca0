"""Migration advice: the call that does on a target what was measured elsewhere, found and verified by running it."""
