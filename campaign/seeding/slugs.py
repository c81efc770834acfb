"""What a campaign may be called in an address."""

import re

LONGEST_SLUG = 80
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# Pages that stand where a campaign would: `/en/manage`.
RESERVED_SLUGS = frozenset({"confirm", "manage", "privacy", "search"})
