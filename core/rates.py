"""How much redaction misses, as measured: read from `data/redaction_rates.toml`, the one place for
these numbers."""

import tomllib
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from core.settings import RATES_FILE


class Rate(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One line of the table, for people. `damage`: the share changed, not leaked."""

    what: str
    flywheel: str
    scrubadub: str
    presidio: str = ""
    damage: bool = False


class Rates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table, on what it was measured, and what no number speaks of."""

    measured_on: str
    leak: str
    not_looked_for: tuple[str, ...]
    missed_more_often: tuple[str, ...]
    rates: tuple[Rate, ...]


@lru_cache(maxsize=1)
def rates() -> Rates:
    """What was measured last."""
    return msgspec.convert(tomllib.loads(RATES_FILE.read_text("utf-8")), Rates)


def share(cases: int, of: int) -> str:
    """A share as the table gives it: none, or of few cases, the cases themselves, else per cent."""
    return f"{cases} of {of}" if of < 50 or not cases else f"{cases / of:.0%}".replace("%", " %")


def with_rates(text: str, measured: Iterable[Rate]) -> str:
    """The file's text with other numbers; what stands above its table stays."""
    parts = [text.split("[[rates]]")[0].rstrip()]
    for rate in measured:
        lines = [f"{name} = {_toml(value)}" for name, value in msgspec.to_builtins(rate).items()]
        parts.append("\n".join(["[[rates]]", *lines]))
    return "\n\n".join(parts) + "\n"


def _toml(value: str | bool) -> str:
    return msgspec.json.encode(value).decode()
