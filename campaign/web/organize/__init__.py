"""The organizers' desk. A file of views belongs to it once it is named here."""

from campaign.web.organize import (
    account,
    audit_log,
    factor,
    joining,
    key_making,
    key_opening,
    keys,
    lists,
    login,
    moderation,
    paper,
    paper_import,
    paper_scans,
    passing_on,
    people,
    retention,
    views,
)
from campaign.web.organize.blueprint import blueprint

__all__ = [
    "account",
    "audit_log",
    "blueprint",
    "factor",
    "joining",
    "key_making",
    "key_opening",
    "keys",
    "lists",
    "login",
    "moderation",
    "paper",
    "paper_import",
    "paper_scans",
    "passing_on",
    "people",
    "retention",
    "views",
]
