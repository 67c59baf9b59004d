"""Texts to try redaction on: personal data in many forms, hidden, cut up and put next to others.

All from a seed, so that a failure comes again.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator

PERSONAL = (
    "jane.doe+x@sub.example.co.uk", "jane at example dot com", "bob [at] mail [dot] example.org",
    "ann@mail [dot] com", "https://example.com/u?mail=jane@example.com&ip=203.0.113.5",
    "HTTPS://user:s3cret@Example.com/a_(b)", "www.example.com/~jane", "ftp://files.example.org/x",
    "@jane_doe", "@types/node", "@property\ndef x(self): ...", "4111 1111 1111 1111",
    "4111111111111111", "3782-822463-10005", "card no 6034 9321 8765 4321 00", "5105105105105100",
    "DE89 3704 0044 0532 0130 00", "gb82west12345698765432", "NL91ABNA0417164300", "460-89-9847",
    "my SSN is 460899847", "social security number: 123456789", "203.0.113.5:80",
    "2001:db8::8a2e:370:7334", "::ffff:192.0.2.128", "2001:db8::", "fe80::1%eth0", "12:34:56",
    "00:1B:44:11:3A:B7", "001b.4411.3ab7", "version 1.2.3.4", "zip code: 90210",
    "Postcode SW1A 1AA", "PSC 0413, Box 8144\nAPO AA 42323", "USS Nimitz, FPO AP 96349",
    "P.O. Box 211", "Post Office Box 9", "AKIAIOSFODNN7EXAMPLE",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "xoxb-123456789012-AbCdEfGhIjKl",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVm", "sk-abcdefghijklmnopqrstuvwxyz",
    "-----BEGIN EC PRIVATE KEY-----\nMI/a+\n-----END EC PRIVATE KEY-----",
    "Authorization: Bearer abcdef1234567890", "postgres://app:s3cret@db.local/x",
    "Basic YWxhZGRpbjpvcGVu", "password: x1", '"pwd": "correct horse"', "DB_PASSWORD=tulip",
    "my password is tulip.", "pin = 4711", "api_key='0123abcd4567'", "client secret: 8f3kd93kdk2",
    "token is abc123def456", "Session-Key => a1b2c3d4e5", "username: root password: toor",
    "login bob pass hunter2!", "u: jane p: s3same", "user 'x' pwd=y9", "541-714-1388 x12",
    "(541) 714-1388", "+44 20 7946 0958", "0489 25 37 29", "call 5417141388", "tel.: 7141388",
    "0044 20 7946 0958", "01.42.68.53.00", "12345678 home", "my number: (0) 171 5550123",
    "MRN 00482913", "patient id: A-48213", "NHS number 943 476 5919", "account number: 31926819",
    "sort code 04-00-04", "customer no. 4711-0815", "passport no. C01X00T47",
    "driver's license D1234567", "born 12 March 1984", "DOB: 03/12/1984",
    "date of birth: 1984-03-12", "geboren am 12.03.1984", "[EMAIL-1]", "[REDACTION-FAILED]",
    "[VALUE]", "[EMAIL-", "Jane Doe",
    '{"customer_name": "Dorota Lis"}', "name = 'Peter Kowalski'", '\\"street\\": \\"4 Mill Row\\"',
    '"zip": "62704"', "12 Main Street, Springfield, IL 62701",
)  # fmt: skip
PLAIN = (
    "the meter shows", "I am at work.", "def f(x: int = 3) -> str:", "see section 4.1.2,", "\n\n",
    "\t", "    return [1, 2, 3]", "np.array([1.5, 2.25, 3.125])", "2024-01-02 12:00:00",
    "for i in range(10):", "user", "login", "password", "key", "token", ":", "=", " is ", "@",
    "://", "…", "“quoted”", "Größe", "zürich", "İstanbul", "ışık", "日本語", "مرحبا", "नमस्ते", "🙂",
    "½", "①②③", "0", "1234567", "x", "<div class='a'>", "| a | b |", "{'a': 1}", "#", "--", "/",
    ".", "(", ")",
)  # fmt: skip
_ODD = "\u200b\u200d\u2060\ufeff\u00ad\u202e\ufe0f \u00a0\u2003\u2028\x0b\x1c\x85\u0301\u0336\n\t"
_LOOKALIKE = {
    "a": "а",
    "e": "е",
    "o": "о",
    "i": "ı",
    "s": "ſ",
    "k": "K",
    "I": "İ",
    "-": "‐",
    "@": "＠",
}


def texts(count: int, seed: int) -> Iterator[str]:
    """`count` texts, each of one to four pieces, more than half of them changed in some way."""
    draw = random.Random(seed)
    for _ in range(count):
        pieces = [
            mutated(draw, piece) if draw.random() < 0.6 else piece
            for piece in draw.choices(
                (draw.choice(PERSONAL), draw.choice(PLAIN)), k=draw.randint(1, 4)
            )
        ]
        if draw.random() < 0.5:
            pieces.insert(draw.randint(0, len(pieces)), draw.choice(PERSONAL))
        yield draw.choice(("", " ", " ", ", ", "\n")).join(pieces)


def mutated(draw: random.Random, text: str) -> str:
    """`text` as somebody could write it who means to be read by people only, or types badly."""
    at = draw.randint(0, len(text))
    match draw.randrange(12):
        case 0:
            return text[:at] + draw.choice(_ODD) * draw.randint(1, 3) + text[at:]
        case 1:
            return draw.choice(_ODD).join(text)
        case 2:  # full width
            return "".join(
                chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and draw.random() < 0.7 else c for c in text
            )
        case 3:
            return unicodedata.normalize("NFD", text.replace("o", "ö").replace("e", "é"))
        case 4:
            return "".join(_LOOKALIKE.get(c, c) if draw.random() < 0.5 else c for c in text)
        case 5:  # digits of another script
            return "".join(chr(ord("٠") + int(c)) if c in "0123456789" else c for c in text)
        case 6:
            return draw.choice((str.upper, str.lower, str.title, str.swapcase))(text)
        case 7:
            return text[:at] + text[at + draw.randint(1, 4) :]
        case 8:
            return text.replace(" ", draw.choice(("  ", "\u00a0", "\n", "", "-", ".", "\t\t")))
        case 9:
            return "".join(str(draw.randrange(10)) if c.isdigit() else c for c in text)
        case 10:
            return text[:at] + draw.choice(PERSONAL + PLAIN) + text[at:]
        case _:
            return "".join(draw.sample(text, len(text))) if draw.random() < 0.3 else text * 2


def hostile(size: int) -> dict[str, str]:
    """Texts of about `size` characters that are meant to take long, by what they do."""
    draw = random.Random(1)

    def filled(unit: str) -> str:
        return (unit * (size // len(unit) + 1))[:size]

    def drawn(letters: str) -> str:
        return filled("".join(draw.choices(letters, k=5000)))

    return {
        "white space after login": "login" + " " * size,
        "blank lines after menu": "menu:" + filled("\n    "),
        "login": filled("login "),
        "user pairs": filled("u:a p:b "),
        "usernames": filled("username root password "),
        "password": filled("password: "),
        "quoted password": filled('password: "a'),
        "key names": filled("api_key "),
        "one long number": filled("1234567890"),
        "many numbers": filled("".join(f"{n * 7919 % 10**10} " for n in range(500))),
        "digit soup": drawn("0123456789-./() +"),
        "telephones": filled("541-714-1388 "),
        "half telephones": filled("+1 541 714 "),
        "floats": filled("".join(f"{n * 0.618 % 1:.6f} " for n in range(500))),
        "card groups": filled("4111 "),
        "accounts": filled("DE89 3704 "),
        "@": filled("@"),
        "a@": filled("a@"),
        "a@a.": filled("a@a.co"),
        "a.": filled("a."),
        "a at b dot": filled("a at b dot "),
        "links": filled("http://"),
        "long link": "http://a.bc/" + filled("a"),
        "brackets after a link": "http://a.bc" + filled(")"),
        "colons": filled("1:"),
        "hexadecimal": drawn("0123456789abcdef:"),
        "key headers": filled("-----BEGIN PRIVATE KEY-----"),
        "tokens": filled("eyJaaaaaaa."),
        "base64": drawn("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
        "placeholders cut off": filled("[EMAIL-"),
        "open brackets": filled("("),
        "nested brackets": "[" * (size // 2) + "]" * (size // 2),
        "ticks": filled("`x "),
        "fences": filled("```\n"),
        "quotes": filled("> "),
        "zero width": filled("a\u200b@b.c"),
        "only zero width": filled("\u200b"),
        "combining marks": "e" + filled("\u0301"),
        "marked letters": filled("a\u0336\u0301"),
        "ligatures": filled("ﷺ"),
        "findings": filled("[EMAIL-1] a@b.co "),
        "handles": filled("@ab "),
        "names": filled("Jane Doe and Peter Smith met Carla Rossi. "),
        "names in lower case": filled("jane doe and peter smith met carla rossi "),
        "capitals": filled("JANE DOE MET PETER SMITH "),
        "unknown words": filled(
            "".join("".join(draw.choices("aeioumnrstlk", k=7)).title() + " " for _ in range(600))
        ),
        "initials": filled("J. "),
        "addresses": filled("12 Main Street, Springfield, IL 62701\n"),
        "dates of birth": filled("born on the "),
        "accounts named": filled("account number is "),
        "no blank": drawn("abcdefghijklmnopqrstuvwxyzABC"),
        "one letter": filled("A"),
        "ideographs": filled("山田太郎"),
        "emoji": filled("🙂👩‍👩‍👧"),
        "full width": filled("ｊａｎｅ＠ｅ．ｃｏ "),
        "dots": filled("."),
        "sentences": filled("A. "),
        "new lines": filled("\n"),
        "dashes": filled("-"),
        "code": filled("foo(bar[baz], qux) "),
    }
