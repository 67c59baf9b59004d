"""Where a name is more likely a term: technical text, and references to what was published.

"Jordan", "Kernel" and "Stanford Tagger" read like people to the model. Text about programs and
mathematics gives itself away by its marks and its vocabulary, and there a name has to be a whole
one or to be introduced. A paragraph in which somebody speaks ("I", "please", "Regards") is read as
any other text, whatever it speaks about.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from core.redaction.detectors.base import words
from core.redaction.masking import HOLE_SIGN
from core.redaction.normalise import HOLE

TECHNICAL = 0.1
"""From this share of marks (which count double) and terms among its words a text is technical. Of
the texts this was tuned on 95 of 100 docstrings lie above, 94 of 100 sentences of people below."""

LEAST = 3  # points without which no share counts: one term among five words says nothing

_WORD = re.compile(rf"[^\W\d_]{{2,}}|{HOLE}+")
_LINK = re.compile(r"(?i)\b(?:https?|ftp)://[^\s\ue000]*|\bwww\.[^\s\ue000]*")
# Every repetition is bounded, or begins where a word does: no text makes these go back and forth.
_MARK = re.compile(
    r"\b\w{1,60}_\w|\b[A-Za-z]\w{0,60}\(|\b[a-z]+[A-Z]|\b(?!Mac)[A-Z][a-z]{2,}[A-Z]\w|::|->|=>"
    r"|[=!<>]=|`{1,3}|>>>|:[a-z]{2,10}:|-{4,}|={4,}|~{4,}|\\[a-z]{2}|[${}|^]|\]_"
    r"|\b[a-z]\w{0,60}\.[a-z]|(?<=\w)[+*/](?=\w)|[\w)]\s?=\s?[\w(\"']"
    r"|\b(?:FROM|INSERT|JOIN|SELECT|VALUES|WHERE)\b|\bFile \".{1,200}, line [0-9]"
)
_TERMS = words(
    "abstract algorithm algorithms alias api argument arguments args array arrays ascii async "
    "asynchronous attribute attributes backend base64 bash binary boolean bool buffer byte bytes "
    "cache callable callback cli class classes cls code codec column columns compile compiler "
    "complexity component components computation compute computed computes config configuration "
    "constraint constraints constructor container convert converter coordinates cpu css csv cursor "
    "data dataframe dataset database debug decorator default defaults deprecated dependency "
    "dependencies deque derivative dict dictionary dimension dimensions directory distribution "
    "dtype element elements encoding endpoint enum equation estimator evaluate exception "
    "expression field fields filename files filesystem filter finite flag float floating "
    "formatter frontend function functions generator gpu graph grammar hash header html http "
    "identifier implementation implements import index indexes indices inherit initialize input "
    "inputs instance instances int integer integers interface interpolation interval iterable "
    "iterator iterate json kernel key keys keyword kwargs lambda layer lexer library linear linux "
    "literal logger loop macro mapping matrices matrix metadata method methods middleware mixin "
    "module modules multiplication mutable namespace ndarray ndim node nodes none null numeric "
    "numpy object objects optional optimization optimizer output override package pandas parameter "
    "parameters params parse parsed parser parses parsing path pipeline pixels plot pointer "
    "polynomial polynomials prefix probability processor protocol proxy python query queue raises "
    "recursive regex registry regression render repository response returns router runtime sample "
    "sampling scalar schema script semantics sequence serialize server socket solver sparse "
    "specified sql stack stream string strings struct subclass subclasses suffix syntax template "
    "tensor theorem thread token tokenizer tokens traceback transform transformation tree tuple "
    "tuples type types typed unicode url utf validate validation value values variable variables "
    "vector vectors virtual widget wrapper xml yaml yield"
)
_SPEAKER = re.compile(
    r"\b(?:I(?='|,? [a-z])|[Mm]y|[Mm]e|[Hh]i|[Hh]ello|[Hh]ey|[Dd]ear|[Tt]hanks|[Pp]lease|[Rr]egards"
    r"|[Ss]incerely|[Cc]heers|[Mm]r|[Mm]rs|[Mm]s)\b(?!\.\w)"
)
_BREAK = re.compile(r"\n[ \t>]*\n")
_BORN = re.compile(r"(?i)\b(?:born|birth|dob)\b")
_YEAR = re.compile(r"\b(?<![-/.])(?:1[6-9]|20)[0-9]{2}[a-z]?\b(?![-/.][0-9])")  # and no date
_PUBLISHED = re.compile(
    r"\bpp?\. ?[0-9]|\bVol\b|\bProc\b|\bPress\b|\bJournal\b|\bSpringer\b|\barXiv\b|\bdoi\b|\bISBN\b"
    r"|\bdissertation\b|\bthesis\b|\bLecture Notes\b|\bConference\b"
)
_OTHERS = re.compile(r",?[ \n]{1,2}et\.? al\b")
_REFERENCES = re.compile(
    r"(?im)^[ \t#*=.-]*(?:references?|bibliography|literature|citations?|see also|notes|sources?)"
    r"[ \t]{0,3}:{0,2}\*{0,2}[ \t]{0,9}$|^[ \t]*\.\. ?\[|^[ \t]*\[[0-9]{1,2}\][ \t]"
)
_ITEM = 240  # characters around a name in which its year or its pages stand


class Register:
    """What kind of text each place of `text` is in."""

    def __init__(self, document: str, text: str) -> None:
        """`document` with its code counts; offsets are into `text`, where code is masked."""
        self._text = text
        self._technical = _share(document) >= TECHNICAL
        self._references = [match.start() for match in _REFERENCES.finditer(text)]
        self._breaks = [match.start() for match in _BREAK.finditer(text)]
        self._spoken: dict[int, bool] = {}  # by paragraph

    def technical(self, position: int) -> bool:
        """Whether the paragraph at `position` is of a technical text, and nobody speaks in it."""
        if not self._technical:
            return False
        index = bisect_right(self._breaks, position)
        if index not in self._spoken:
            start = self._breaks[index - 1] if index else 0
            end = self._breaks[index] if index < len(self._breaks) else len(self._text)
            self._spoken[index] = bool(_SPEAKER.search(self._text, start, end))
        return not self._spoken[index]

    def cited(self, start: int, end: int) -> bool:
        """Whether text[start:end] names who published something, rather than who is spoken of."""
        before = self._text[max(0, start - _ITEM) : start].rpartition(HOLE_SIGN)[2]
        after = self._text[end : end + _ITEM].partition(HOLE_SIGN)[0]
        item = _BREAK.split(before)[-1] + "\0" + _BREAK.split(after)[0]
        if _BORN.search(item):
            return False
        dated = bool(_YEAR.search(item))
        published = dated and bool(_PUBLISHED.search(item))
        listed = self.technical(start) and bisect_right(self._references, start) > 0
        return (
            published or listed or bool(_OTHERS.match(after)) or (dated and self.technical(start))
        )


def _share(text: str) -> float:
    text = _LINK.sub(" ", text)
    terms = [word.lower() for word in _WORD.findall(text)]
    points = 2 * len(_MARK.findall(text)) + sum(term in _TERMS for term in terms)
    return points / (len(terms) + 1) if points >= LEAST else 0.0
