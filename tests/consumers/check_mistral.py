"""mistral-common validates and encodes each conversation as a fine-tuning example.

python check_mistral.py FOLDER

No text becomes a control token, and between these every text stands letter by letter.
"""

import json
import sys
from itertools import chain, groupby
from pathlib import Path

from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import (
    MistralRequestValidatorV3,
    ValidationMode,
)
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

SIGNS = {"user": ("[INST]", "[/INST]"), "assistant": ("</s>",)}


def said(messages: list[dict[str, str]]) -> list[str]:
    """The texts as this version of the template puts them."""
    texts = []
    before = [message["content"] for message in messages if message["role"] == "system"]
    last = max(place for place, message in enumerate(messages) if message["role"] == "user")
    for place, message in enumerate(messages):
        if message["role"] == "user":
            # What the system says stands before the last question.
            texts.append("\n\n".join([*before * (place == last), message["content"]]))
        elif message["role"] == "assistant":
            texts.append(message["content"].rstrip(" "))
    return texts


def main(folder: Path) -> None:
    validator = MistralRequestValidatorV3(ValidationMode.finetuning)
    tokenizer = MistralTokenizer.v3()
    tokenizer._chat_completion_request_validator = validator  # a request may end with the answer
    model = tokenizer.instruct_tokenizer.tokenizer
    lines = (folder / "messages" / "messages.jsonl").read_text("utf-8").split("\n")
    rows = list(map(json.loads, filter(None, lines)))
    for row in rows:
        request = ChatCompletionRequest.from_openai(row["messages"])
        validator.validate_request(request)
        tokens = tokenizer.encode_chat_completion(request).tokens
        control = [model.id_to_piece(token) for token in tokens if model.is_special(token)]
        turns = [message for message in row["messages"] if message["role"] != "system"]
        assert control == ["<s>", *chain.from_iterable(SIGNS[turn["role"]] for turn in turns)]
        pieces = [
            list(piece) for special, piece in groupby(tokens, model.is_special) if not special
        ]
        assert list(map(model.decode, pieces)) == said(row["messages"])
    print("messages", len(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
