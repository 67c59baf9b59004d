"""What kind of text an answer is: code and tables must keep their columns, prose need not.

Agents often answer with bare code, without the fences that would say so. A line counts as code by
how it is built; words of prose between outweigh it. Wrong guesses cost looks, never text.
"""

import re

from core.redaction.finding import PLACEHOLDER

_ENDS = re.compile(r"\r\n?")
_BLANK_HEAD = re.compile(r"\A(?:[ \t]*\n)+")
_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)+\|?\s*$")
_CODE = re.compile(
    r"""
    \s*(
      (async\ )?(def|class|fn|func|function)\s+\w+.*[:{]\s*(\#.*)?$
    | (if|elif|for|while|with|except|switch)\b.*[:{]\s*(\#.*)?$
    | (else|try|finally|do)\s*[:{]\s*(\#.*)?$
    | (import\ [\w.*, ]+|from\ [\w.]+\ import\ .+)$
    | (return|yield|raise|assert|del|global|pass|break|continue)\b
      (\s*$|.*[(\[.=+*/<>'"%&-]|\s+-?\w+;?$)
    | (const|let|var|public|private|static|void|int|float|auto)\ \w+.*[=;({]
    | (SELECT|INSERT|UPDATE|DELETE|CREATE|WHERE|JOIN|GROUP|LIMIT)\ [^.?!]*;?$
    | [A-Za-z_][\w.]*(\[[^\]]*\])?(\s*,\s*[A-Za-z_][\w.\[\]]*)*\s*([-+*/%|&^]|//|\*\*)?=(?!=)\s*\S
    | [A-Za-z_][\w.]*\(.*\)[;,:]?\s*(\#.*)?$
    | [)\]}]+[;,:)]*\s*(\#.*)?$
    | @[\w.]+(\(.*\))?$
    | (//|/\*|\*/|\#include\b|\#!/|\$\ |>>>\ )
    | .*[;{]\s*$
    )
    """,
    re.VERBOSE,
)
_SIGNS = re.compile(r"[()\[\]{}=<>_;:\"'+]|(?<=\w) ?[*/%&|]{1,2} ?(?=[\w(])|(?<=\s)-(?=\s)")
_DENSE = 8
"""Letters to one sign of code, at most, in a line that is full of them."""

_COMMENT = re.compile(r"\s*#")
_QUOTES = re.compile(r'"""|\'\'\'')


def unified(text: str) -> str:
    """The text with `\\n` at the end of every line, whatever machine wrote it."""
    return _ENDS.sub("\n", text)


def same_text(one: str, other: str) -> bool:
    """Whether two texts say the same but for line ends, and blanks around them."""
    return unified(one).strip() == unified(other).strip()


def tidy(text: str) -> str:
    """A typed text without the blanks around it; the indentation of code is kept."""
    inner = _BLANK_HEAD.sub("", unified(text)).rstrip()
    return inner if is_code(inner) else inner.lstrip()


def is_code(text: str) -> bool:
    """Whether the whole text is bare code, as far as one can see."""
    if "```" in text or "~~~" in text:
        return False
    sure = likely = prose = 0
    quoted = False
    for line in unified(PLACEHOLDER.sub("x", text[:20_000])).split("\n"):
        quotes = len(_QUOTES.findall(line))
        if quoted or quotes:
            quoted ^= quotes % 2 == 1  # a docstring says nothing about what stands around it
        elif line.strip() and not _COMMENT.match(line):
            signs = len(_SIGNS.findall(line))
            full = signs > 2 and signs * _DENSE >= len(line.strip())
            built = len(line) < 1_000 and _CODE.match(line) is not None
            sure += built + (built and full)
            likely += full and not built
            prose += not built and not full
    return sure > 1 and sure + likely >= 2 * prose


def keeps_columns(text: str) -> list[bool]:
    """For each line whether it is code or of a table, where blanks carry meaning."""
    lines = text.split("\n")
    if is_code(text):
        return [True] * len(lines)
    fixed, fenced = [], ""
    for line in lines:
        fence = _FENCE.match(line)
        fixed.append(bool(fenced or fence))
        if fence and fence[1] in (fenced or fence[1]):
            fenced = "" if fenced else fence[1]
    for place, line in enumerate(lines):
        if "-" in line and "|" in line and len(line) < 5_000 and _TABLE_RULE.match(line):
            first = last = place
            while first > 0 and "|" in lines[first - 1]:
                first -= 1
            while last + 1 < len(lines) and "|" in lines[last + 1]:
                last += 1
            fixed[first : last + 1] = [True] * (last + 1 - first)
    return fixed
