"""mistral-common validates and encodes each conversation as a fine-tuning example.

python check_mistral.py FOLDER
"""

import json
import sys
from pathlib import Path

from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import (
    MistralRequestValidatorV3,
    ValidationMode,
)
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer


def main(folder: Path) -> None:
    validator = MistralRequestValidatorV3(ValidationMode.finetuning)
    tokenizer = MistralTokenizer.v3()
    tokenizer._chat_completion_request_validator = validator  # a request may end with the answer
    lines = (folder / "messages" / "messages.jsonl").read_text("utf-8").split("\n")
    rows = list(map(json.loads, filter(None, lines)))
    for row in rows:
        request = ChatCompletionRequest.from_openai(row["messages"])
        validator.validate_request(request)
        assert len(tokenizer.encode_chat_completion(request).tokens) > 3
    print("messages", len(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
