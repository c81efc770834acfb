"""The organizers' desk. A file of views belongs to it once it is named here."""

from campaign.web.organize import account, factor, joining, login, paper, paper_import, paper_scans, people, views
from campaign.web.organize.blueprint import blueprint

__all__ = [
    "account",
    "blueprint",
    "factor",
    "joining",
    "login",
    "paper",
    "paper_import",
    "paper_scans",
    "people",
    "views",
]
