"""What is wrong with a content though its shape is right; the desk and the seed files say it the same way."""

import re
from typing import NamedTuple

from campaign.seeding.places import Location

# A key is part of an address, and names the file.
KEY = re.compile(r"(?=.{1,120}$)[a-z0-9]+(-[a-z0-9]+)*")
KEY_SENTENCE = "small latin letters, digits and single hyphens, 120 of them at most"

# What a letter or a piece of news may cite, and a form shows at most.
MOST_SOURCES = 20


class Objection(NamedTuple):
    """`place` is where in the content, `rule` names it for the words of a page, `sentence` says it in English."""

    place: Location
    rule: str
    sentence: str
