"""The site: golden, and a run where one is given, as pages that need no server and no network."""
