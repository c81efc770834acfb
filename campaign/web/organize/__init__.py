"""The organizers' desk. A file of views belongs to it once it is named here."""

from campaign.web.organize import key_making, key_opening, keys, login, views
from campaign.web.organize.blueprint import blueprint

__all__ = ["blueprint", "key_making", "key_opening", "keys", "login", "views"]
