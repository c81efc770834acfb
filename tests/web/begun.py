"""A petition as it is begun at the desk."""

MADE = "women-life-freedom"
FIELDS = {
    "slug": MADE,
    "kind": "petition",
    "title": "Women, life, freedom",
    "summary": "S.",
    "ask": "Let them speak.",
    "addressee": "The ministry",
    "body": "## Why\n\nBecause.",
}
