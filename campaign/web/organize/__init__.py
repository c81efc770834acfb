"""The organizers' desk. A file of views belongs to it once it is named here."""

from campaign.web.organize import (
    account,
    audit_log,
    consent,
    factor,
    hiding,
    joining,
    key_making,
    key_opening,
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
    "consent",
    "factor",
    "hiding",
    "joining",
    "key_making",
    "key_opening",
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
