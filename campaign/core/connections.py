"""Who is connected to the database, as the database sees it: all processes of all machines together."""

from sqlalchemy import text
from sqlalchemy.orm import Session


def open_connections(session: Session) -> dict[str, int]:
    """Connections by what they are doing (`active`, `idle`, …). Empty on SQLite, which has no server to ask."""
    if session.get_bind().dialect.name != "postgresql":
        return {}
    rows = session.execute(
        text(
            "SELECT coalesce(state, 'unknown'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() GROUP BY 1"
        )
    )
    return {row[0]: row[1] for row in rows}
