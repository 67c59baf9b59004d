"""Which words are names, and which are words: the second opinion on what the model believes.

Two lists that scrubadub's own dependencies carry, so that nothing is downloaded: Faker's given
names and surnames of some ninety countries, and TextBlob's lexicon of English words (Brill's, from
the Brown corpus and the Penn Treebank). Neither is proof of anything. They move the probability
that the model must give a word before it counts.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import day_name, month_name
from functools import lru_cache
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules

import faker.providers.person
import textblob

from core.redaction.detectors.base import words

_PARTS = re.compile(r"[^\W\d_]{2,}")
_NO_WORDS = frozenset({"NNP", "NNPS", "FW"})  # tags of the lexicon: proper nouns and foreign words
_ADJECTIVES = frozenset({"JJ", "JJR", "NNPS"})  # of words with a capital: "Canadian", "Germans"

TERMS = words(
    # of mathematics and medicine
    "abel alzheimer asperger bayes bernoulli bessel boltzmann boole cauchy chebyshev cholesky "
    "crohn "
    "dijkstra dirac dirichlet euler fermat fibonacci fourier frobenius galois gauss gibbs haar "
    "hadamard hamming hausdorff hermite hilbert hodgkin huffman jaccard jacobi kalman kolmogorov "
    "kronecker krylov lagrange lanczos laplace lebesgue legendre leibniz levenshtein lipschitz "
    "mahalanobis markov maxwell mersenne minkowski newton occam pareto parkinson pascal poisson "
    "pythagoras riemann runge schrodinger schur shannon simpson sobel stirling taylor toeplitz "
    "tourette turing venn viterbi voronoi weibull wiener wilcoxon "
    # products and firms
    "alexa ansible bmw bosch celery cortana dell disney django fedora flask gemini gradle grafana "
    "hadoop jenkins kafka kibana kubernetes lamborghini llama lucene maven mercedes mistral nagios "
    "okta pokemon porsche redis samsung selenium siemens siri solr tesla tomcat toyota xiaomi "
    # places that are no first name to most
    "america brazil britain canada china denmark egypt england finland france germany greece guam "
    "hungary iran iraq ireland italy jamaica japan kenya kuwait lebanon malta mexico morocco nepal "
    "norway panama peru poland portugal qatar russia samoa scotland singapore spain sweden syria "
    "taiwan thailand trinidad turkey ukraine wales york"
)
"""Names that nearly always mean a term, a product or a place when they stand alone."""

NO_NAMES = words(
    "a all am an and any are as at be but by can did do does for from get had has have he her here "
    "hi his how i if in is it its just let lol me my no not note now of oh ok on or our out please "
    "que she so than thanks that the their them then there these they this those to todo too up us "
    "was we were what when where which who why with yes yet you your"
)
"""Words that the lists of names contain all the same, and that nobody means as one."""


def fold(word: str) -> str:
    """Lower case without accents: lists and writers differ about both."""
    if word.isascii():
        return word.lower()
    letters = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@lru_cache(maxsize=1)
def _people() -> tuple[frozenset[str], frozenset[str]]:
    given: set[str] = set()
    family: set[str] = set()
    for module in iter_modules(faker.providers.person.__path__):
        provider = import_module(f"faker.providers.person.{module.name}").Provider
        for attribute in dir(provider):
            kind = given if "first" in attribute else family if "last" in attribute else None
            names = getattr(provider, attribute)
            if kind is not None and isinstance(names, dict | list | tuple | set):
                for name in names:
                    if isinstance(name, str):
                        kind.update(map(fold, _PARTS.findall(name)))
    return frozenset(given), frozenset(family)


@lru_cache(maxsize=1)
def _english() -> frozenset[str]:
    lines = (files(textblob) / "en" / "en-lexicon.txt").read_text("utf-8").splitlines()
    entries = [line.split(" ") for line in lines if line[:1].isalpha()]
    found = {entry[0] for entry in entries if entry[0].islower() and entry[1] not in _NO_WORDS}
    found.update(entry[0].lower() for entry in entries if entry[1] in _ADJECTIVES)
    found.update(name.lower() for names in (month_name, day_name) for name in names)
    return frozenset(found)


def is_given(word: str) -> bool:
    """Whether a word, or a part of one with dashes, is somebody's first name."""
    return any(fold(part) in _people()[0] for part in _PARTS.findall(word))


def is_name(word: str) -> bool:
    """Whether a word, or a part of one with dashes, is somebody's first or last name."""
    given, family = _people()
    parts = [fold(part) for part in _PARTS.findall(word)]
    return any(part in given or part in family for part in parts)


def is_word(word: str) -> bool:
    """Whether every part of a word is a common English word, whatever else it may be."""
    parts = [fold(part) for part in _PARTS.findall(word)]
    return bool(parts) and all(part in _english() or _stem(part) in _english() for part in parts)


def _stem(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > 3 else word
