"""The ways this team chose to read its logs."""

from datetime import datetime

from core.store.database import Store
from core.store.log import utc


def save(store: Store, keys_hash: str, preset: str, now: datetime) -> None:
    """Keep a shape (TOML) for logs with these keys, in the place of the one before."""
    with store.write() as cursor:
        cursor.execute(
            "INSERT INTO shapes VALUES (?, ?, ?) ON CONFLICT (keys_hash) "
            "DO UPDATE SET preset = excluded.preset, saved_at = excluded.saved_at",
            [keys_hash, preset, utc(now)],
        )


def saved(store: Store) -> list[str]:
    """The shapes kept, the last one first."""
    return [row["preset"] for row in store.rows("SELECT preset FROM shapes ORDER BY saved_at DESC")]
