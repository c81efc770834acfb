"""Indexes of some rows only, said once for both databases."""

from typing import Any

from sqlalchemy import Connection, Index, MetaData, event, text

from campaign.core.db import Base

_WHERE = "where"


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows that meet `where`.

    SQLAlchemy has an option of each database for it, and naming both here would load both dialects into each process.
    """
    return Index(name, *columns, unique=unique, info={_WHERE: where})


@event.listens_for(Base.metadata, "before_create")
def _say_it_to(target: MetaData, connection: Connection, **_: Any) -> None:
    for table in target.tables.values():
        for index in table.indexes:
            if condition := index.info.get(_WHERE):
                index.dialect_kwargs[f"{connection.dialect.name}_where"] = text(condition)
