"""Who stands behind what is exported: the users whose votes count, the reviewers who decided."""

from collections.abc import Sequence
from typing import Any

from core.store.database import Store
from core.store.state import STATE


def people(
    store: Store, interaction_ids: Sequence[str], *, sample: bool, cut: int
) -> list[dict[str, Any]]:
    """Of each of these interactions its id, its raters and its reviewer (None: nobody decided)."""
    return store.rows(
        f"""
        {STATE} SELECT s.id, s.reviewer,
            list(DISTINCT e.rater) FILTER (e.signal IN ('up', 'down', 'edit') AND e.rater <> '')
                AS raters
        FROM state s LEFT JOIN event e ON e.interaction_id = s.id
        WHERE s.id IN $ids GROUP BY s.id, s.reviewer ORDER BY s.id
        """,
        {"cut": cut, "sample": sample, "ids": list(interaction_ids)},
    )
