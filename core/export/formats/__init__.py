"""The registry of formats. To add one: a module with a `FORMAT`, and its line here."""

from core.export.formats import eval_jsonl, messages
from core.export.formats.base import Format

FORMATS: dict[str, Format] = {
    format_.name: format_ for format_ in (eval_jsonl.FORMAT, messages.FORMAT)
}

__all__ = ["FORMATS", "Format"]
