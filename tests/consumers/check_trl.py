"""TRL trains on the chat files, and each text comes to the model as it was written.

python check_trl.py FOLDER        # FOLDER holds an export of each format, of whatever texts

Its trainers prepare every row and take two steps with a tiny random model. What they prepared is
decoded again: a text that looks like a template, a path or a formula must still be that text. One
that spells out a control token of the model becomes that token, and reads the same.
"""

import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import trl
from datasets import Dataset, load_dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl.data_utils import (
    apply_chat_template,
    extract_prompt,
    is_conversational,
    maybe_extract_prompt,
    unpair_preference_dataset,
)

Row = dict[str, Any]

# The keys under which a line of each file has conversations, and which trainer takes it.
FILES: dict[str, tuple[str, list[tuple[str, ...]], str]] = {
    "messages": ("messages.jsonl", [("messages",)], "SFT"),
    "hf": ("data/train.jsonl", [("messages",)], "SFT"),
    "dpo": ("dpo.jsonl", [("prompt", "chosen"), ("prompt", "rejected")], "DPO"),
    "kto": ("kto.jsonl", [("prompt", "completion")], "KTO"),
}
# Templates of real models, which TRL brings along. Some cut the white space around a text; Gemma's
# stops where user and assistant do not take turns, as only the two last files promise that they do.
VERBATIM, TRIMMED, TAKES_TURNS = ("qwen2_5", "phi3"), ("llama3",), ("gemma3",)
# How the first begins a conversation without a system message.
PREAMBLE = (
    "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant."
    "<|im_end|>\n"
)
STEPS = 2


def template(family: str) -> str:
    path = Path(trl.__file__).parent / "chat_templates" / f"{family}.jinja"
    return path.read_text("utf-8")


def answer(turn: Row) -> str:
    return f"{turn['content']}<|im_end|>\n"


def chat(turn: Row) -> str:
    """A turn as the first template has it."""
    return f"<|im_start|>{turn['role']}\n{answer(turn)}"


def contents(row: Row, *keys: str) -> list[str]:
    return [message["content"] for key in keys for message in row[key]]


def assert_in(shown: str, texts: Iterable[str]) -> None:
    """Each text stands in what is shown, after the one before."""
    place = 0
    for text in texts:
        found = shown.find(text, place)
        assert found >= 0, (text, shown)
        place = found + len(text)


def tokenizer_of(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A tokenizer that loses nothing, with the template and control tokens of a real model."""
    end, stop, start = "<|endoftext|>", "<|im_end|>", "<|im_start|>"
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=800,
            special_tokens=[end, stop, start],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        bos_token=end,
        pad_token=end,
        eos_token=stop,
        chat_template=template("qwen2_5"),
    )


def check_rows(name: str, rows: list[Row], tokenizer: PreTrainedTokenizerFast) -> None:
    """TRL's own helpers take each row, and no template runs, drops or alters what a text says."""
    families = [*VERBATIM, *TRIMMED, *(TAKES_TURNS if name in ("dpo", "kto") else ())]
    templates = {family: template(family) for family in families}
    for row in rows:
        assert is_conversational(row) and maybe_extract_prompt(row) == row
        assert isinstance(row.get("label", True), bool)
        for family, text in templates.items():
            shown = apply_chat_template(row, tokenizer, chat_template=text)
            assert shown.pop("label", None) == row.get("label")
            for key, whole in shown.items():
                texts = contents(row, "messages" if key == "text" else key)
                assert_in(whole, texts if family in VERBATIM else map(str.strip, texts))
    if name == "dpo":
        sides = ("chosen", "rejected")
        for row in rows:
            assert extract_prompt({side: row["prompt"] + row[side] for side in sides}) == row
        unpaired = unpair_preference_dataset(Dataset.from_list(rows))
        judged = [(row[side], side == "chosen") for side in sides for row in rows]
        assert list(zip(unpaired["completion"], unpaired["label"], strict=True)) == judged


def check_prepared(
    name: str, rows: list[Row], prepared: Dataset, tokenizer: PreTrainedTokenizerFast
) -> None:
    """What a trainer made of each row, decoded, is the row and no more; no row is left out."""
    _, ways, trainer = FILES[name]
    for row, made in zip(rows, prepared, strict=True):
        for way in ways:
            keys = ["input_ids"] if trainer == "SFT" else [f"{key}_ids" for key in way]
            shown = tokenizer.decode([token for key in keys for token in made[key]])
            turns = [turn for key in way for turn in row[key]]
            assert shown.removeprefix(PREAMBLE) == "".join(map(chat, turns)), (shown, turns)
            assert tokenizer.decode(made[keys[-1]]).endswith(answer(turns[-1]))
        if trainer == "SFT":  # the answers, and only they, are what is learnt
            learnt = tokenizer.decode([label for label in made["labels"] if label != -100])
            said = [turn for turn in row["messages"] if turn["role"] == "assistant"]
            assert learnt == "".join(f"\n{answer(turn)}" for turn in said), (learnt, said)


def train(
    name: str, rows: list[Row], given: Dataset, tokenizer: PreTrainedTokenizerFast, scratch: Path
) -> list[float]:
    """Losses of a few steps, in which every part of the model learns."""
    kind = FILES[name][2]
    config = getattr(trl, f"{kind}Config")(
        output_dir=str(scratch / name),
        max_steps=STEPS,
        max_length=None,  # no text is cut
        learning_rate=0.01,
        per_device_train_batch_size=4,
        use_cpu=True,
        logging_steps=1,
        save_strategy="no",
        **({"assistant_only_loss": True} if kind == "SFT" else {}),
    )
    trainer = getattr(trl, f"{kind}Trainer")(
        str(scratch / "model"), args=config, train_dataset=given, processing_class=tokenizer
    )
    check_prepared(name, rows, trainer.train_dataset, tokenizer)
    before = {key: value.clone() for key, value in trainer.model.state_dict().items()}
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert trainer.state.global_step == len(losses) == STEPS
    assert all(map(math.isfinite, losses)), losses
    after = trainer.model.state_dict()
    assert not [key for key in before if torch.equal(before[key], after[key])]
    return losses


def main(folder: Path, scratch: Path) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)  # more would only wait for each other: the tensors are tiny
    read: dict[str, list[Row]] = {}
    for name, (file, _, _) in FILES.items():
        lines = (folder / name / file).read_text("utf-8").split("\n")
        read[name] = [json.loads(line) for line in lines if line]
    tokenizer = tokenizer_of(
        text
        for name, (_, ways, _) in FILES.items()
        for row in read[name]
        for way in ways
        for text in contents(row, *way)
    )
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
    )
    LlamaForCausalLM(config).save_pretrained(scratch / "model")
    for name, rows in read.items():
        path = str(folder / name / FILES[name][0])
        given = load_dataset("json", data_files=path, split="train", cache_dir=str(scratch))
        assert given.to_list() == rows != []
        check_rows(name, rows, tokenizer)
        losses = train(name, rows, given, tokenizer, scratch)
        print(name, len(rows), "rows; loss", *losses)


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        main(Path(sys.argv[1]), Path(scratch))
