"""The organizers' desk. A file of views belongs to it once it is named here."""

from campaign.web.organize import (
    account,
    audit_log,
    factor,
    joining,
    key_making,
    key_opening,
    key_reminding,
    keys,
    lists,
    login,
    paper,
    paper_import,
    paper_scans,
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
    "key_reminding",
    "keys",
    "lists",
    "login",
    "paper",
    "paper_import",
    "paper_scans",
    "people",
    "retention",
    "views",
]
