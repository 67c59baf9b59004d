"""What each detector must find and what it must leave alone."""

from pathlib import Path

import pytest

from core import settings as config
from core.redaction import Redactor
from core.redaction.detectors.issued import KINDS
from core.redaction.detectors.technical import Register
from core.settings import SettingsError, settings
from tests.secrets_made import CONTEXTS, ISSUED, mixed
from tests.timing import TWICE, growth

REDACTOR = Redactor()


def test_there_is_a_fixture_of_every_kind() -> None:
    assert ISSUED.keys() == KINDS.keys()
    assert len(KINDS) >= 25


@pytest.mark.parametrize("secret", ISSUED.values(), ids=ISSUED)
def test_issued_secrets(secret: str) -> None:
    for text in CONTEXTS:
        redacted = REDACTOR.redact(text.format(secret), models=False).text
        assert redacted == text.format("[SECRET-1]")


FOUND = {
    "0554814538 is my number": "[PHONE-1] is my number",
    "28378326 is her mobile": "[PHONE-1] is her mobile",
    # secrets by the name before them, or by what surrounds them
    "aws_secret_access_key = " + mixed(40): "aws_secret_access_key = [SECRET-1]",
    "AccountKey=" + mixed(86) + "==;Endpoint": "AccountKey=[SECRET-1];Endpoint",
    "client_secret: " + mixed(20): "client_secret: [SECRET-1]",
    '"refresh_token": "' + mixed(30) + '"': '"refresh_token": "[SECRET-1]"',
    "mysql://root:" + "tulip7@db/x": "mysql://root:[SECRET-1]@db/x",
    "Authorization: Basic " + "dXNlcjpwYXNzd29yZA==": "Authorization: Basic [SECRET-1]",
    "PGPASSWORD=" + "tulip7 psql": "PGPASSWORD=[SECRET-1] psql",
    "the wifi password is " + "Tulip!47": "the wifi password is [SECRET-1]",
    "-----BEGIN OPENSSH "
    + "PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----": "[SECRET-1]",
    "-----BEGIN PGP " + "PRIVATE KEY BLOCK-----\n\nlQdG\n=a1b2": "[SECRET-1]",
    # numbers that mean a person beside their name
    "MRN 00482913": "MRN [MEDICAL_RECORD-1]",
    "patient id: A-48213": "patient id: [MEDICAL_RECORD-1]",
    "NHS number 943 476 5919": "NHS number [MEDICAL_RECORD-1]",
    "my account number is 31926819.": "my account number is [ACCOUNT-1].",
    "sort code 04-00-04": "sort code [ACCOUNT-1]",
    "account GRW-20304455 is closed": "account [ACCOUNT-1] is closed",
    "customer no. 4711-0815": "customer no. [ACCOUNT-1]",
    "account_id=20304455": "account_id=[ACCOUNT-1]",
    "passport no. C01X00T47": "passport no. [ID_NUMBER-1]",
    "driver's license D1234567": "driver's license [ID_NUMBER-1]",
    "born on March 12, 1984 in Ulm": "born on [DATE_OF_BIRTH-1] in Ulm",
    "DOB: 12/03/1984": "DOB: [DATE_OF_BIRTH-1]",
    "my birthday is the 3rd of May 1990": "my birthday is the [DATE_OF_BIRTH-1]",
    # numbers that prove themselves
    "00:1B:44:11:3A:B7": "[MAC-1]",
    "001b.4411.3ab7 is up": "[MAC-1] is up",
    "charged to card 060426070011": "charged to card [CREDIT_CARD-1]",
    # telephones of other countries, and with extensions
    "+1-903-140-4508x769": "[PHONE-1]",
    "Desk: 5403926876": "Desk: [PHONE-1]",
    "+91 98765 43210": "[PHONE-1]",
    "+49 (0)89 1234567": "[PHONE-1]",
    "0044 20 7946 0958": "[PHONE-1]",
}

LEFT = (
    "sk-learn-contrib-extension",
    "the token_type_ids are 0",
    "DEBUG=pw:api,pw:channel",
    "git commit 3f2504e04f8911d39a0c0305e82c3301",
    "d41d8cd98f00b204e9800998ecf8427e",
    "550e8400-e29b-41d4-a716-446655440000",
    "take into account 10000 rows",
    "your account is 3 days overdue",
    "opened an account on 2024-01-15",
    "the account was closed in 2024",
    "routing tables of 100000 rows",
    "my passport expired",
    "born in 1984",
    "ff:ff:ff:ff:ff:ff",
    "at 12:34:56 and 1.2.3.4.5",
    "3.141592653589793 and 1e-10",
    "order 48213, ticket 99817",
    "Alignment.fromstring('0-3 1-2 2-0 3-1')",
)


@pytest.mark.parametrize(("text", "expected"), FOUND.items(), ids=ascii)
def test_found(text: str, expected: str) -> None:
    assert REDACTOR.redact(text, models=False).text == expected
    assert REDACTOR.redact(expected, models=False).text == expected


@pytest.mark.parametrize("text", LEFT, ids=ascii)
def test_left_alone(text: str) -> None:
    assert REDACTOR.redact(text).text == text


NAMED = {
    "Send it to 48 Clay Street, Toronto, ON B8K6A8.": "Send it to [ADDRESS-1].",
    "Sometimes people call me Piusz.": "Sometimes people call me [PERSON-1].",
    "Ari is very reliable. You can depend on him.": (
        "[PERSON-1] is very reliable. You can depend on him."
    ),
    "Please ask Mrs. Doubtfire about it.": "Please ask Mrs. [PERSON-1] about it.",
    "hi, jamal here (Jamal Whitcombe-Reid).": "hi, [PERSON-1] here ([PERSON-2]).",
    "Thank you, Renate. I've noted it.": "Thank you, [PERSON-1]. I've noted it.",
    "Vincent J. Della Pietra called.": "[PERSON-1] called.",
    "Take a reading at 22 Cobbler's Yard, Norwich NR3 4TB on Monday.": (
        "Take a reading at [ADDRESS-1] on Monday."
    ),
    # Somebody speaks: the matter is technical, the sentence is not.
    "Hi, I'm Jane Doe.\n\nMy function `f(x)` returns a numpy array, the parameter is a tuple.": (
        "Hi, I'm [PERSON-1].\n\nMy function `f(x)` returns a numpy array, the parameter is a tuple."
    ),
}

TECHNICAL = (
    "What did Newton discover, and what is Newton's method?",
    "Use the Fourier transform, not the Kaplan-Meier curve.",
    "The Gaussian distribution has two parameters.",
    "Parkinson's disease and Down syndrome",
    "See Page 12 of the manual, and Figure 7 in Chapter 4.",
    "Page 12",
    "How do I install Jenkins on Ubuntu?",
    "Is Kafka or Redis better with Django?",
    "Do you ship to Ireland, Kenya and Trinidad?",
    "Ballinesker Beach is in County Wexford, Ireland.",
    "SELECT * FROM iris WHERE name LIKE '%'",
    "An interface to Jordan forms.\n\nParameters\n----------\nmatrix : ndarray\n    The input.",
    "Returns the class label as a string.\n\nReferences\n----------\nJane Doe. 2010. On labels.",
    "Good scores were reported by Bartlett et al. (2009).",
)


RECORDS = {
    # a record says by its keys what its values are, in code and in other records too
    '{"tool": "get_customer", "customer_name": "Dorota Lis", "since": 2019, "plan": "basic"}': (
        '{"tool": "get_customer", "customer_name": "[PERSON-1]", "since": 2019, "plan": "basic"}'
    ),
    '{"name": "Peter Kowalski", "created_at": "2026-10-02T03:12:44Z"}': (
        '{"name": "[PERSON-1]", "created_at": "2026-10-02T03:12:44Z"}'
    ),
    '{"firstName": "Peter", "surname": "Lis", "zip": "62704"}': (
        '{"firstName": "[PERSON-1]", "surname": "[PERSON-2]", "zip": "[ADDRESS-1]"}'
    ),
    '```json\n{"customer": "Dorota Lis", "street": "4 Quayside Row"}\n```': (
        '```json\n{"customer": "[PERSON-1]", "street": "[ADDRESS-1]"}\n```'
    ),
    '"{\\"last_name\\": \\"Lis\\"}"': '"{\\"last_name\\": \\"[PERSON-1]\\"}"',
    "WHERE name = 'Dorota Lis' AND street = '4 Quayside Row'": (
        "WHERE name = '[PERSON-1]' AND street = '[ADDRESS-1]'"
    ),
    "INSERT INTO users (name, city) VALUES ('Peter Kowalski', 'Leeds');": (
        "INSERT INTO users (name, city) VALUES ('[PERSON-1]', 'Leeds');"
    ),
    # a time is no year of publication, a heading over prose makes no bibliography
    '{"logged_at": "2026-10-02T03:12:44Z", "question": "hi its Dorota Lis, I wait": 1}': (
        '{"logged_at": "2026-10-02T03:12:44Z", "question": "hi its [PERSON-1], I wait": 1}'
    ),
    "Notes\n\nDorota Lis called about her boiler in 2024.": (
        "Notes\n\n[PERSON-1] called about her boiler in 2024."
    ),
}
NO_RECORDS = (
    '{"name": "gpt-4o", "type": "function", "owner": "search"}',
    '{"name": "Release Notes", "user": "admin"}',
    "def f(name: str = 'linear', address='0.0.0.0'): ...",
    '"first_name": "string", "zip": "zip file", "address": "https"',
    "array([+1.00660462j, +8.02254558e-01])",
)


@pytest.mark.parametrize(("text", "expected"), RECORDS.items(), ids=ascii)
def test_values_of_records_by_their_keys(text: str, expected: str) -> None:
    assert REDACTOR.redact(text).text == expected
    assert REDACTOR.redact(expected).text == expected


@pytest.mark.parametrize("text", NO_RECORDS, ids=ascii)
def test_keys_of_other_things(text: str) -> None:
    assert REDACTOR.redact(text).text == text


@pytest.mark.parametrize(("text", "expected"), NAMED.items(), ids=ascii)
def test_names_by_what_surrounds_them(text: str, expected: str) -> None:
    assert REDACTOR.redact(text).text == expected
    assert REDACTOR.redact(expected).text == expected


@pytest.mark.parametrize("text", TECHNICAL, ids=ascii)
def test_terms_are_no_names(text: str) -> None:
    assert REDACTOR.redact(text).text == text


SIZE = 50_000


@pytest.mark.parametrize(
    "piece",
    [
        *("a", "a_", "a.", "Aa", "=", "\n", "\n ", "references" + " " * 40, "references:\n"),
        *('File "', "f(x) = y_z "),
    ],
    ids=ascii,
)
def test_telling_technical_text_takes_linear_time(piece: str) -> None:
    def tell(size: int) -> None:
        text = (piece * size)[:size]
        register = Register(text, text)
        for position in range(0, size, 50):
            register.technical(position)
            register.cited(position, position + 1)

    assert growth(tell, SIZE) <= TWICE


@pytest.mark.parametrize(
    "piece",
    ["account ", "account no. ", "born on ", "MRN: A1", "passport ", "eyJ", "00:1B:", '"name": "'],
)
def test_cues_without_end_take_linear_time(piece: str) -> None:
    def find(size: int) -> None:
        Redactor().find((piece * size)[:size], models=False)

    assert growth(find, SIZE) <= TWICE


def test_thresholds_move_what_is_found() -> None:
    text = "We met Zyxo at the lake."
    assert not Redactor(person=0.999999).find("My neighbour Priya Raghunathan moved.")
    assert len(Redactor(person=0.01).find(text)) >= len(Redactor(person=0.9).find(text))
    address = "I live at 221B Baker Street, London NW1 6XE."
    assert Redactor(address=0.4).find(address)
    assert not Redactor(address=0.999999).find(address)


def test_patterns_of_a_deployment() -> None:
    own = Redactor(patterns={"ORDER_ID": r"GRW-[0-9]{8}", "BADGE": r"(?i)badge ([0-9]+)"})
    text = "order GRW-20990417, badge 12, GRW-20990417, [ORDER_ID-7] and [TICKET-1]"
    once = own.redact(text, models=False).text
    assert once == "order [ORDER_ID-1], badge [BADGE-1], [ORDER_ID-1], [ORDER_ID-7] and [TICKET-1]"
    assert own.redact(once, models=False).text == once
    everything = Redactor(patterns={"ALL": ".+"})
    assert everything.redact("all [EMAIL-1] of\nit", models=False).text == (
        "[ALL-1] [EMAIL-1] [ALL-2]\n[ALL-3]"
    )


@pytest.mark.parametrize(
    ("pattern", "at_fault"),
    [
        ("ORDER = '('", "pattern ORDER: missing )"),
        ("ORDER = '(?=x)'", "pattern ORDER: invalid perl operator"),
        ("ORDER = 'x*'", "pattern ORDER matches nothing at all"),
        ("order = 'x'", "pattern order: a name has capital letters"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, at_fault: str
) -> None:
    shipped = config.SETTINGS_FILE.read_text("utf-8")
    file = tmp_path / "settings.toml"
    file.write_text(
        shipped.replace("[redaction.patterns]\n", f"[redaction.patterns]\n{pattern}\n"), "utf-8"
    )
    monkeypatch.setattr(config, "SETTINGS_FILE", file)
    settings.cache_clear()
    try:
        with pytest.raises(SettingsError, match=r"\$\.redaction") as error:
            settings()
    finally:
        settings.cache_clear()
    assert at_fault in str(error.value)
