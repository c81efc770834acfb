"""The organizers' desk: its addresses are in routes.py, who may open them is said at each view."""
