"""Addresses under which somebody may fetch a file, once.

An address is random, says until when it holds, and is signed with the deployment's key. What it
leads to is known to this process only: after a restart every address is an old one.
"""

import hmac
import secrets
import threading
import time
from typing import Generic, TypeVar

from core.keys import keyed_hash

SECONDS = 3600
"""How long an address holds."""

Target = TypeVar("Target")


class LinkError(Exception):
    """The address leads nowhere; the message says why, for the person who followed it."""


class Links(Generic[Target]):
    """What can be fetched, by its address."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._targets: dict[str, Target] = {}
        self._lock = threading.Lock()

    def make(self, target: Target) -> str:
        """A new address."""
        name = f"{secrets.token_urlsafe(16)}.{time.time() + self._seconds:.0f}"
        address = f"{name}.{_signed(name)}"
        with self._lock:
            self._targets = {each: of for each, of in self._targets.items() if not _over(each)}
            self._targets[address] = target
        return address

    def holds(self, address: str) -> bool:
        """Whether it can still be used."""
        return address in self._targets and not _over(address)

    def use(self, address: str) -> Target:
        """What it leads to, this time and never again. Raises `LinkError`."""
        name, _, signature = address.rpartition(".")
        # Ours are ASCII; what is not may have no bytes to compare.
        if not address.isascii() or not hmac.compare_digest(signature, _signed(name)):
            raise LinkError("This is not an address of ours.")
        with self._lock:
            target = self._targets.pop(address, None)
        if _over(address):
            raise LinkError("This address is too old: ask for a new one on Datasets.")
        if target is None:
            raise LinkError("This address has been used: ask for a new one on Datasets.")
        return target


def _over(address: str) -> bool:
    return time.time() > float(address.split(".")[1])


def _signed(name: str) -> str:
    return keyed_hash("link", name, length=32)
