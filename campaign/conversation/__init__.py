"""Public messages and organizational endorsements, and their moderation."""
