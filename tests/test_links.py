"""Addresses under which a file is fetched once: what they lead to, and what they do not."""

import gc
import threading
import weakref
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.links import LinkError, Links
from core.settings import secret_key

OURS = "This is not an address of ours."
USED = "This address has been used: ask for a new one on Datasets."
OLD = "This address is too old: ask for a new one on Datasets."


class Thing:
    """Something that can be fetched, and be seen to be let go of."""


def refused(links: Links[Thing], address: str) -> str:
    with pytest.raises(LinkError) as refusal:
        links.use(address)
    return str(refusal.value)


def test_an_address_leads_there_once() -> None:
    links = Links[Thing]()
    one, other = Thing(), Thing()
    first, second = links.make(one), links.make(other)
    assert first != second != links.make(one)
    assert links.holds(first)
    assert links.use(first) is one
    assert not links.holds(first)
    assert refused(links, first) == refused(links, first) == USED
    assert links.use(second) is other


def test_an_address_goes_into_a_url_as_it_is() -> None:
    address = Links[Thing]().make(Thing())
    assert quote(address, safe="") == address
    assert len(address) < 200


def test_an_old_address_is_refused() -> None:
    links = Links[Thing](seconds=-2)
    address = links.make(Thing())
    assert not links.holds(address)
    assert refused(links, address) == OLD


def test_an_address_of_a_process_before_is_refused() -> None:
    before, after = Links[Thing](), Links[Thing]()
    address = before.make(Thing())
    assert not after.holds(address)
    assert refused(after, address) == USED


def test_an_address_signed_with_another_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    links = Links[Thing]()
    address = links.make(Thing())
    monkeypatch.setenv("FLYWHEEL_KEY", "another key of 32 bytes or even more")
    secret_key.cache_clear()
    assert refused(links, address) == OURS


def test_a_longer_life_is_not_for_the_asking() -> None:
    links = Links[Thing](seconds=-2)
    name, until, signature = links.make(Thing()).split(".")
    assert refused(links, f"{name}.{int(until) + 9999}.{signature}") == OURS


GARBAGE = [
    "",
    "x",
    ".",
    "..",
    "...",
    "a.b.c",
    "a.b.c.d",
    "ü.1.2",
    "x.9999999999.ü",
    f"x.{10**400}.y",
    "x.nan.y",
    "x.-inf.y",
    "x.1e999.y",
    "\0.\0.\0",
    "\ud800.1.2",
    "x.1.\udfff",
    unquote("%FF%FE.1.%80"),
    "/../../etc/passwd",
    "x" * 100_000,
]


@pytest.mark.parametrize("address", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_refused(address: str) -> None:
    links = Links[Thing]()
    kept = links.make(Thing())
    assert not links.holds(address)
    assert refused(links, address) == OURS
    assert links.holds(kept)


@given(st.text(st.characters(), max_size=60))
@example("\ud800")
def test_any_text_is_refused(text: str) -> None:
    links = Links[Thing]()
    address = links.make(Thing())
    for wrong in (text, f"{address}{text or 'x'}", f"{text or 'x'}{address}"):
        assert not links.holds(wrong)
        assert refused(links, wrong) == OURS
    assert links.holds(address)


def test_every_changed_character_makes_it_none_of_ours() -> None:
    links = Links[Thing]()
    address = links.make(Thing())
    for place, character in enumerate(address):
        changed = "A" if character != "A" else "B"
        wrong = f"{address[:place]}{changed}{address[place + 1 :]}"
        assert refused(links, wrong) == OURS
    assert links.holds(address)


def test_of_many_at_once_one_gets_it() -> None:
    links = Links[Thing]()
    for _ in range(50):
        address = links.make(Thing())
        start = threading.Barrier(8)
        got: list[str] = []

        def fetch(address: str = address, start: threading.Barrier = start) -> None:
            start.wait()
            try:
                links.use(address)
            except LinkError as error:
                got.append(str(error))  # noqa: B023 (the threads end within this round)
            else:
                got.append("it")  # noqa: B023

        threads = [threading.Thread(target=fetch) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got) == [USED] * 7 + ["it"]


def let_go(target: "weakref.ref[Thing]") -> bool:
    gc.collect()
    return target() is None


def test_what_was_fetched_is_let_go_of() -> None:
    links = Links[Thing]()
    used, kept = Thing(), Thing()
    seen = [weakref.ref(thing) for thing in (used, kept)]
    first, second = links.make(used), links.make(kept)
    del used, kept
    assert not any(let_go(each) for each in seen)
    links.use(first)
    assert [let_go(each) for each in seen] == [True, False]
    assert refused(links, first) == USED
    assert links.holds(second)


def test_what_nobody_fetched_in_time_is_let_go_of() -> None:
    links = Links[Thing](seconds=-2)
    asked_for, never = Thing(), Thing()
    seen = [weakref.ref(asked_for), weakref.ref(never)]
    address = links.make(asked_for)
    links.make(never)
    del asked_for, never
    assert refused(links, address) == OLD
    assert let_go(seen[0])
    links.make(Thing())  # whoever makes the next address clears up
    assert let_go(seen[1])
