"""scrubadub's contact detectors, cured: e-mail, URL, handle.

Each keeps scrubadub's detector name and filth and replaces only the pattern. The e-mail pattern is
anchored at its `@` and bounded on both sides, so that no text makes it backtrack; spelled-out
addresses need more than the word "at" ("I am at work." is none); a handle is told from a
decorator, a scope of a package and a tag of a doc comment by what stands around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scrubadub.detectors import EmailDetector, TwitterDetector, UrlDetector

from core.redaction.detectors.base import Span, SpanDetector, linear, words

_TLD = (
    "com|org|net|edu|gov|mil|int|info|biz|io|ai|app|dev|co|me|eu|uk|us|ca|au|nz|ie|de|at|ch|fr|be|"
    "nl|lu|es|pt|it|gr|se|no|dk|fi|is|pl|cz|sk|hu|ro|bg|hr|si|ee|lv|lt|ru|ua|tr|il|in|cn|jp|kr|tw|"
    "hk|sg|my|th|id|ph|vn|za|ng|ke|eg|br|mx|ar|cl"
)


class Email(SpanDetector, EmailDetector):  # type: ignore[misc]
    """`jane@example.com`, `jane [at] example [dot] com`, `jane at example.com`."""

    _says = (
        r"(?i)\w\s+at\s+[a-z0-9-]+(?:\.[a-z0-9-]|\s+dot\s|\s*[\[({<]\s?(?:dot|\.)\s?[\])}>])"
        r"|[\[({<]\s?(?:at|@)\s?[\])}>]"
    )
    needs = r"[^\s@]@[^\s@]+\.[^\s@]|" + _says
    _said = linear(_says)
    _domain = re.compile(r"[^\W_](?:[\w-]{0,62})(?:\.[^\W_][\w-]{0,62}){0,8}\.[^\W\d_]{2,24}")
    _local = re.compile(r"[\w.+%'&~!#$*-]{1,64}\Z")
    _spelled = linear(
        r"(?i)\b([\w.+-]{1,64})(?:\s{1,3}at\s{1,3}|\s{0,3}[\[({<]\s?(?:at|@)\s?[\])}>]\s{0,3})"
        r"([a-z0-9-]{1,63}(?:(?:\.|\s{1,3}dot\s{1,3}|\s{0,3}[\[({<]\s?(?:dot|\.)\s?[\])}>]\s{0,3})"
        r"[a-z0-9-]{1,63}){0,4}"
        r"(\.|\s{1,3}dot\s{1,3}|\s{0,3}[\[({<]\s?(?:dot|\.)\s?[\])}>]\s{0,3})"
        r"(?:" + _TLD + r"))\b"
    )
    _userinfo = re.compile(
        r"://[^\s/@\ue000]{0,100}:[^\s/@\ue000]{0,100}\Z"
    )  # of a URL with a password
    _providers = ("gmail.", "googlemail.", "yahoo.", "hotmail.", "outlook.", "icloud.", "proton")
    _before = words(
        "is are was were be it us me look looking available hosted found find documented see seen "
        "located visit site website page docs documentation online download live issue issues "
        "here there read more details published posted listed check account accounts server api "
        "running work works working app and or reached free code source repository repo hosting "
        "manual guide tutorial start register sign signup up in login out them him her you "
        "everyone people team now example examples described project"
    )

    def spans(self, text: str) -> Iterator[Span]:
        position = text.find("@")
        while position >= 0:
            local = self._local.search(text, max(0, position - 64), position)
            domain = self._domain.match(text, position + 1, position + 255) if local else None
            if local and domain:
                start = local.start()
                while start < position and not (text[start].isalnum() or text[start] == "_"):
                    start += 1
                name = text[start:position]
                if (
                    name
                    and name != "git"
                    and not self._userinfo.search(text, max(0, start - 220), start)
                ):
                    yield start, domain.end()
            position = text.find("@", position + 1)
        for match in self._spelled.finditer(text) if self._said.search(text) else ():
            name, domain_name = match.group(1).lower().strip("."), match.group(2).lower()
            said = match.group()[len(name) :].lstrip()[:2].lower() == "at"
            if not (said and match.group(3) == "." and self._is_place(name, domain_name)):
                yield match.start(), match.end()

    def _is_place(self, word: str, domain: str) -> bool:
        """Whether "word at domain" says where something is, rather than whose mail it is."""
        return not domain.startswith(self._providers) and (
            word in self._before or (len(word) > 4 and word.endswith(("ed", "ing")))
        )


class Url(SpanDetector, UrlDetector):  # type: ignore[misc]
    """`http(s)://`, `ftp://` or `www.` in any case, with a dotted host; trailing stops left out."""

    needs = r"(?i)(?:https?|ftp)://|(?i)www\."
    _url = linear(r"(?i)(?:\bhttps?://|\bftp://|\bwww\.)[^\s<>\"'`{}|\\^\x{e000}]+")
    _stops = ".,;:!?'\"*_~]"
    _host = re.compile(r"(?:\w+://)?[^/?#]*?[^\W_]\.[^\W\d_]{2,}", re.IGNORECASE)

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._url.finditer(text):
            url = match.group()
            end = len(url.rstrip(self._stops))
            surplus = url.count(")", 0, end) - url.count("(", 0, end)
            while end and (
                (cut := surplus > 0 and url[end - 1] == ")") or url[end - 1] in self._stops
            ):
                end -= 1  # "(see http://…)"
                surplus -= cut
            if self._host.match(url[: min(end, 300)]):
                yield match.start(), match.start() + end


class Handle(SpanDetector, TwitterDetector):  # type: ignore[misc]
    """`@jane_doe` in prose; not `@pytest.fixture`, `@dataclass(…)`, `@types/node`, `@param`."""

    needs = r"(?:^|[^\w@./`+-])@[A-Za-z0-9_]{2,15}(?:[^\w@(/`-]|$)"
    _handle = re.compile(r"(?<![\w@./`+-])@([A-Za-z0-9_]{2,15})(?![\w@(/`-]|\.\w)", re.ASCII)
    _tags = words(
        "admin twitter param params arg args return returns raise raises throws exception see "
        "since deprecated override overload author authors version link code type types "
        "property typedef "
        "staticmethod classmethod dataclass dataclasses cached_property abstractmethod final "
        "contextmanager wraps classproperty todo note example private public protected internal "
        "api media import keyframes charset supports font-face include extends mixin if else end "
        "for each while test before after beforeeach afterall autowired bean component service "
        "entity controller inject input output default template callback async pytest decorator "
        "brief file copyright date warning ref retval app click jit njit vectorize numba"
    )

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._handle.finditer(text):
            name = match.group(1).lower()
            if name in self._tags or name.isdigit() or self._decorates(text, match):
                continue
            yield match.span()

    @staticmethod
    def _decorates(text: str, match: re.Match[str]) -> bool:
        """Whether the handle stands alone on its line with code on the next one."""
        before = text[max(0, match.start() - 80) : match.start()].rpartition("\n")[2]
        rest, newline, after = text[match.end() : match.end() + 200].partition("\n")
        code = ("def ", "async def ", "class ", "@", "function ", "export ", "public ", "private ")
        return (
            not before.strip(" \t>.")
            and not rest.strip()
            and bool(newline)
            and (after.lstrip(" \t>.").startswith(code))
        )
