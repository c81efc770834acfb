"""The organizers' desk. A file of views belongs to it once it is named here."""

from campaign.web.organize import audit_log, login, retention, views
from campaign.web.organize.blueprint import blueprint

__all__ = ["audit_log", "blueprint", "login", "retention", "views"]
