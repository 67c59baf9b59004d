"""The registry of formats. To add one: a module with a `FORMAT`, and its line here."""

from core.export.formats import (
    deepeval,
    dpo,
    eval_jsonl,
    hf,
    inspect,
    kto,
    langfuse,
    langsmith,
    messages,
    preference,
    promptfoo,
    pytest_module,
)
from core.export.formats.base import Format

FORMATS: dict[str, Format] = {
    format_.name: format_
    for format_ in (
        eval_jsonl.FORMAT,
        messages.FORMAT,
        promptfoo.FORMAT,
        kto.FORMAT,
        dpo.FORMAT,
        inspect.FORMAT,
        deepeval.FORMAT,
        langfuse.FORMAT,
        langsmith.FORMAT,
        hf.FORMAT,
        preference.FORMAT,
        pytest_module.FORMAT,
    )
}

__all__ = ["FORMATS", "Format"]
