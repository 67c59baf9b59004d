"""Which words are a person's name: the model's belief, weighed by what else is known of the word.

The model reads everything in lower case and has never seen most names. So the probability it must
give a word depends on the word's case, on whether it is a known name or a common word, and on what
stands before it; in technical text only whole names count, or introduced ones.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator, Sequence
from math import exp, log

import numpy as np
import numpy.typing as npt

from core.redaction.detectors.base import Span, words
from core.redaction.detectors.lexicon import NO_NAMES, TERMS, fold, is_given, is_name, is_word
from core.redaction.detectors.technical import Register
from core.redaction.detectors.wordwise import WORD, Marks, grow, runs
from core.redaction.masking import HOLE_SIGN

LEAST = 0.35
"""The least mean probability of a capitalised word about which nothing else is known."""

# What evidence is worth, in log-odds: added to what the model must say before it is believed.
# Tuned on half of the frames of labelled text; the other half confirmed them.
_KNOWN = -5.0  # a name of the lists
_UNKNOWN = -2.2  # in no list at all, which most common words are
_WORD_AND_NAME = -0.6  # "Mark", "Rose"
_WORD_ONLY = 0.6
_UPPER = 2.5  # "JANE", but also "JSON"
_LOWER = 4.4  # nobody wrote a capital in this text
_LOWER_AMID = 5.4  # others did
_LOWER_UNKNOWN = -0.9  # "lexer": on top of either
_LOWER_WORD = -0.5  # "heaven"
_INTRODUCED = -4.0
_HE = -1.2  # followed by a pronoun or a verb that only people do
_ADDRESSED = -1.5
_PLACE = 2.0  # the model holds a place for likelier
_BESIDE = 0.05  # for a capitalised word beside a name: the surname the model has never seen
_TECHNICAL = 0.6  # for each word of a whole name in technical text
_FLOOR = 0.002

Column = npt.NDArray[np.float64]

# A stop belongs to an initial or to "Jr", otherwise it ends the sentence and the name.
_GAP = re.compile(r"(?:(?:(?<=\b\w)|(?<=\b\w\w))\.)?[ \t\xa0]{0,3}")
_CAPITALISED = re.compile(rf"\b[A-Z][a-z]|{HOLE_SIGN}")
_INITIAL = re.compile(r"[^\W\d_]\Z")
_CODE_WORDS = words("args kwargs meth param NaN NaT") | {*keyword.kwlist, *dir(builtins)}
_PARTICLES = words("al ap ben bin da dal de degli del della den der di dos du el ibn la le ten ter "
                   "van vel von y zu zum zur")  # fmt: skip

_INTRODUCING = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Herr|Frau|Mme|Madame|Monsieur|Mlle|Signora?|Señora?)"
    r"\.?|\b(?i:(?:my|his|her|first|last|full|given|maiden|family|sur)[ -]?name(?:'s|[ ]is|[ ]?:)?)"
    r"|\b(?i:(?:call|calls|called|calling|named) (?:me|him|her|them))"
    r"|\b(?i:regards|sincerely|cheers|yours|thanks|best|wishes)[ ]?,?[ \t]*\n[ \t]*[-—~]*)"
    r"[ \t]{0,2}\Z"
)
_ADDRESSING = re.compile(
    r"\b(?i:dear|hi|hello|hey|thanks|thank you|i am|i'm|this is|contact|ask for|spoke (?:to|with)"
    r"|talked (?:to|with)|signed by|written by|reported by|assigned to|on behalf of|attn|attention"
    r"|author|patient|customer|client|employee|user|name|sincerely|regards|cheers|mom|dad|mother"
    r"|father|brother|sister|wife|husband|son|daughter|friend|uncle|aunt|boss|manager|doctor|nurse)"
    r"[ \t]{0,2}[:,]?[ \t]{0,2}\Z"
)
_HUMAN = re.compile(
    r"(?:['’]s)?[ ](?:and I|asked|asks|called|emailed|here(?=[ ]?[-–—,.!])|lives|phoned|replied"
    r"|said|says|told|wants|works|wrote|(?:call|contact|email|phone|ring|text)[ ](?:me|us))\b"
    rf"|[^\n{HOLE_SIGN}]{{0,100}}\b(?:he|she|him|her|his|hers)\b"
)
_CUE = 40  # characters before a word in which its cue stands

# "Gaussian" never was a person, "Newton's method" is one no longer.
_TERM_NOUNS = words(
    "algorithm approximation coefficient conjecture constant criteria criterion curve "
    "decomposition diagram disease distance distribution divergence entropy equation "
    "estimator expansion factorisation factorization formula inequality integral kernel law "
    "lemma matrices matrix method metric norm operator paradox polynomial principle process "
    "product quadrature regression sequence series space statistic syndrome test theorem "
    "transform tree "
)
_TERM = re.compile(
    r"(?:['’]s?)?(?:[ \n-]{1,2}[a-z]+)?[ \n-]{1,2}(?:"
    + "|".join(sorted(_TERM_NOUNS))
    + r")(?:s|es)?\b"
)
_COMPANY = re.compile(
    r",?[ ](?:&[ ]Co|Corp|Corporation|Foundation|GmbH|Inc|Institute|LLC|Ltd|University)\b"
)
_SITE = re.compile(
    r"[ ](?:Airport|Bay|Beach|Bridge|Castle|Cathedral|Church|College|County|Hospital|Hotel|Islands?"
    r"|Lake|Mountains?|Museum|Park|River|School|Stadium|Station|Valley)\b"
)


def shifted(probability: float, evidence: float) -> float:
    """`probability` moved by `evidence` in log-odds."""
    return 1 / (1 + exp(-log(probability / (1 - probability)) - evidence))


def persons(
    text: str,
    spans: Sequence[Span],
    name: Column,
    place: Column,
    register: Register,
    least: float,
) -> Iterator[Span]:
    """Names of persons in `text`.

    name, place: the model's probability that a word in `spans` is part of a name, of a place.
    """
    sure = np.zeros(len(spans), bool)
    beside = np.zeros(len(spans), bool)
    cased_text = bool(_CAPITALISED.search(text))
    for index, (start, end) in enumerate(spans):
        word = text[start:end]
        if _INITIAL.match(word):
            initial = word.isupper() or not cased_text
            beside[index] = initial and (word not in "aIi" or text[end : end + 1] == ".")
        elif word in _PARTICLES:
            beside[index] = True
        elif name[index] >= _FLOOR and not _is_no_name(text, start, end):
            evidence = _evidence(text, start, end, cased_text)
            if place[index] > name[index]:
                evidence += _PLACE
            sure[index] = name[index] >= shifted(least, evidence)
            beside[index] = word[0].isupper() and (
                is_name(word) or (name[index] >= _BESIDE and not is_word(word))
            )
    grow(text, spans, sure, beside, _GAP)
    _add_surnames(text, spans, sure)
    found: list[Span] = []
    taken: set[int] = set()
    for first, last in runs(text, spans, sure, _GAP):
        while first < last and text[slice(*spans[last])] in _PARTICLES:
            last -= 1
        while first < last and text[slice(*spans[first])] in _PARTICLES:
            first += 1
        if _stands(text, spans[first : last + 1], name[first : last + 1], register):
            found.append((spans[first][0], spans[last][1]))
            taken.update(range(first, last + 1))
    yield from found
    yield from _again(text, spans, found, taken)


def _add_surnames(text: str, spans: Sequence[Span], sure: Marks) -> None:
    """After a first name, a capitalised word in no list of words is the surname, if not a term."""
    after_given = -1  # index of the last word of a run that began with a first name
    for index in np.flatnonzero(sure[:-1]).tolist():
        (start, end), (first, last) = spans[index : index + 2]
        if index != after_given and not is_given(text[start:end]):
            continue
        if not _GAP.fullmatch(text, end, first):
            continue
        word = text[first:last]
        if not sure[index + 1]:
            sure[index + 1] = (
                word[0].isupper()
                and not word.isupper()
                and not is_word(word)
                and not _is_no_name(text, first, last)
            )
        after_given = index + 1


def _evidence(text: str, start: int, end: int, cased_text: bool) -> float:
    word = text[start:end]
    known, common = is_name(word), is_word(word)
    if known:
        evidence = _WORD_AND_NAME if common else _KNOWN
    else:
        evidence = _WORD_ONLY if common else _UNKNOWN
    if len(word) > 1 and word.isupper():
        evidence += _UPPER
    elif not word[0].isupper():
        evidence += _LOWER_AMID if cased_text else _LOWER
        if not known:
            evidence += _LOWER_WORD if common else _LOWER_UNKNOWN
    before = text[max(0, start - _CUE) : start]
    if known or not common:
        if word[0].isupper() and _HUMAN.match(text, end):
            evidence += _HE
        if _INTRODUCING.search(before):
            evidence += _INTRODUCED
        elif _ADDRESSING.search(before):
            evidence += _ADDRESSED
    return evidence


def _stands(text: str, run: Sequence[Span], name: Column, register: Register) -> bool:
    """Whether a run of name words is a person, where it stands."""
    start, end = run[0][0], run[-1][1]
    technical = register.technical(start)
    if technical and (register.cited(start, end) or _TERM.match(text, end)):
        return False
    if _INTRODUCING.search(text[max(0, start - _CUE) : start]):
        return True
    whole = [text[slice(*span)] for span in run]
    if len(whole) == 1 and (
        fold(whole[0]) in TERMS or _TERM.match(text, end) or _SITE.match(text, end)
    ):
        return False
    if _COMPANY.match(text, end) or register.cited(start, end):
        return False
    if not technical:
        return True
    return (
        len([word for word in whole if len(word) > 1]) > 1
        and all(word[0].isupper() or word in _PARTICLES for word in whole)
        and (
            any(is_given(word) and not is_word(word) for word in whole)
            or (is_given(whole[0]) and not is_word(whole[-1]))
        )
        and name.max() >= _TECHNICAL
    )


def _again(
    text: str, spans: Sequence[Span], found: Iterable[Span], taken: set[int]
) -> Iterator[Span]:
    """Other places where a word of a person's full name stands by itself, capitalised."""
    known = {
        word
        for start, end in found
        if len(parts := WORD.findall(text, start, end)) > 1
        for word in parts
        if len(word) > 2 and word[0].isupper()
    }
    for index, (start, end) in enumerate(spans):
        if index not in taken and text[start:end] in known:
            yield start, end


def _is_no_name(text: str, start: int, end: int) -> bool:
    word = text[start:end]
    return (
        any(c.isdigit() or c == "_" for c in word)
        or word in _CODE_WORDS
        or word.lower() in NO_NAMES
        or text[end : end + 1] in tuple("(=[")
        or text[start - 1 : start] in tuple("@\\$")
        or bool(re.search(r"[a-z]{2}[A-Z]|^[A-Z]{2,}[a-z]{2}|\.[a-z]", word))
    )
