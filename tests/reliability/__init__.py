"""What is lost when machines fail. Short under pytest, long by `python3 dev.py torture`; see docs/reliability.md."""
