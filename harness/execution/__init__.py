"""Runs cases in worker processes: process.py is one worker's life, pool.py decides which worker runs what."""
