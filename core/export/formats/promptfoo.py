"""Test cases for promptfoo.

One line: `{"description", "vars": {"question", "history"}, "assert": [...], "metadata"}`. JSONL and
not CSV, whose cells promptfoo runs. Source: https://www.promptfoo.dev/docs/configuration/test-cases
and promptfoo's `src/evaluatorHelpers.ts`, `src/assertions/index.ts`, `src/util/testCaseReader.ts`.

promptfoo renders variables and expected values as Nunjucks templates, and before that puts its
variables in place of `{{ name }}`, in a raw block too; a text that begins with `file://` it
replaces by that file, one with `package:` by what that code returns. So a text with template signs
goes into a raw block, and what a raw block does not protect is written as an expression or refused.
Texts within objects are not rendered, so the turns before the question are one text. Tried with
promptfoo 0.121.20; a prompt that is JSON it renders once less, so there the raw block itself shows.
"""

import re
from collections.abc import Callable

from core.curate import Case
from core.export.formats import parts
from core.export.formats.base import Format, Row

# JavaScript's white space is Python's and the byte order mark.
_SPACE = r"[\s\ufeff]*"
_SIGNS = re.compile(r"\{[{%#]|#\}")
_RAW_TAG = re.compile(rf"\{{%[-+]?{_SPACE}(?:end)?raw\b")
_SCHEME = re.compile(
    rf"{_SPACE}(?:file://|(?:package|python|javascript|exec|ruby):)", re.IGNORECASE
)
# Replaced before Nunjucks sees the raw block: {{ name }}, and {{ }} with anything of env in it.
_NAME = re.compile(rf"\{{\{{(?={_SPACE}\w+{_SPACE}\}}\}})")
_ANY = re.compile(r"\{\{")


def _protected(text: str) -> str:
    if not _SIGNS.search(text):
        return text
    early = _ANY if "env" in text else _NAME
    inside = early.sub("{% endraw %}{{ '{{' }}{% raw %}", text)
    return f"{{% raw %}}{inside}{{% endraw %}}"


def _row(case: Case, shield: Callable[[str], str] = _protected) -> Row:
    before = "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in parts.history(case))
    checks = [{"type": "factuality", "value": shield(case.expected or "")}]
    if case.rejected_answer:
        checks.append({"type": "not-equals", "value": shield(case.rejected_answer)})
    return {
        "description": f"{case.kind} {case.id}",
        "vars": {"question": shield(case.question), "history": shield(before)},
        "assert": checks,
        "metadata": parts.facts(case),
    }


def _objection(case: Case) -> str | None:
    texts = parts.texts(_row(case, shield=str))
    acts = any(_RAW_TAG.search(text) or _SCHEME.match(text) for text in texts)
    return "acting_text" if acts else None


def _rows(case: Case) -> list[Row]:
    return [_row(case)]


FORMAT = Format(
    name="promptfoo",
    title="Test cases for promptfoo",
    purpose="eval",
    about="One test a line, for prompts in plain text with {{question}} in them, and {{history}} "
    "for the turns before it: the answer must agree with the liked or the approved one, which a "
    "grading model judges, and must not repeat the answer that was wrong. Template signs in a text "
    "are protected by a raw block; a text that promptfoo would run all the same is left out.",
    use="npx promptfoo eval --tests promptfoo.jsonl --prompts prompt.txt "
    "--providers openai:gpt-5-mini",
    file="promptfoo.jsonl",
    rows=_rows,
    objection=_objection,
    exempt=parts.FIXED | {"description", "type"},
)
