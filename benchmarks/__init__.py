"""Measures how fast the application is, as ratios taken in one run. Drives it only through its commands and over HTTP.

`docs/performance.md` says what each figure means. Run with `python3 dev.py bench`.
"""
