"""Test cases for promptfoo.

One line: `{"description", "vars": {"question", "history"}, "assert": [...], "metadata"}`. JSONL and
not CSV, whose cells promptfoo runs. Source: https://www.promptfoo.dev/docs/configuration/test-cases
and promptfoo's `src/evaluatorHelpers.ts`, `src/assertions/index.ts`, `src/util/testCaseReader.ts`.

promptfoo renders variables and expected values as Nunjucks templates, some of them only where it
knows every variable in them, and takes the last line end off a variable; a text that begins with
`file://` it replaces by that file, one with `package:` by what that code returns. A raw block does
not protect: promptfoo looks for variables within it, and leaves a text that has others as it is,
block and all. So what begins a tag, or ends a comment, is written as an expression of one
character, in which promptfoo finds neither tag nor variable; texts that name a scheme are refused.
Texts within objects are not rendered, so the turns before the question are one text. Tried with
promptfoo 0.123.1; a prompt that is JSON it renders once less, so there the expression itself shows.
"""

import re
from collections.abc import Callable

from core.curate import Case
from core.export.formats import parts
from core.export.formats.base import Format, Row

# JavaScript's white space is Python's and the byte order mark.
_SPACE = r"[\s\ufeff]*"
_SCHEME = re.compile(
    rf"{_SPACE}(?:file://|(?:package|python|javascript|exec|ruby):)", re.IGNORECASE
)
# What begins a tag or an expression of ours, ends a comment, or is the last line end.
_SIGN = re.compile(r"\{(?=[{%#]|\n\Z)|(?<=#)\}|\n\Z")


def _protected(text: str) -> str:
    return _SIGN.sub(lambda found: f"{{{{ {found[0]!r} }}}}", text)


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
    return "acting_text" if any(map(_SCHEME.match, texts)) else None


def _rows(case: Case) -> list[Row]:
    return [_row(case)]


FORMAT = Format(
    name="promptfoo",
    title="Test cases for promptfoo",
    purpose="eval",
    about="One test a line, for prompts in plain text with {{question}} in them, and {{history}} "
    "for the turns before it: the answer must agree with the liked or the approved one, which a "
    "grading model judges, and must not repeat the answer that was wrong. Template signs in a text "
    "are written so that they stay text; a text that names a script or a file is left out.",
    use="npx promptfoo eval --tests promptfoo.jsonl --prompts prompt.txt "
    "--providers openai:gpt-5-mini",
    file="promptfoo.jsonl",
    rows=_rows,
    objection=_objection,
    exempt=parts.FIXED | {"description", "type"},
)
