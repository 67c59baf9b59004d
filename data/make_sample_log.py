"""Write sample_log.jsonl: eight weeks in the life of a made-up help agent.

The story. "Gridwell" is a household-energy supplier that does not exist; its help agent answers
customers from the help pages. Version 2026-09-28 goes live with three faults: it promises credit
refunds in days (they take two weeks), it explains meter photos for an app that nobody has any
more, and it says that the final bill is posted to the home one has left. Version 2026-10-19 cures
the first two, but an old rate card for solar export slips in. Version 2026-11-09 cures the rest.
So the share of down-votes among the votes falls from about 40 % to 24 % and then to 11 %, and the
same questions come back in other words. This is a raw log as an agent's server would write it:
votes arrive late, people change their minds, raters disagree, some lines are broken, and customers
type names, addresses, card numbers and passwords that a reader must never see.

Every person, address, account, card, password and token in it is invented (phone numbers come from
ranges kept for fiction, cards and IBANs from public test data); only public help lines are real.

The words are in sample_content.py, written by hand. This file only deals them out over the weeks:
a fixed seed and no clock, so that every run writes the same bytes.

    python data/make_sample_log.py
"""

import json
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sample_content import CHAPTERS, SEE_ALSO, SOURCES

OUT = Path(__file__).with_name("sample_log.jsonl")
SEED = 20260928

# Version -> (the day it was released, the weeks it was live).
VERSIONS = {
    "v1": ("2026-09-28", 3),
    "v2": ("2026-10-19", 3),
    "v3": ("2026-11-09", 2),
}
# Interactions of each version, and its up-votes; its down-votes are written in the scripts.
TARGET = {"v1": 160, "v2": 144, "v3": 96}
UPS = {"v1": 51, "v2": 55, "v3": 41}
# How a version's down-votes fall over its weeks, how its up-votes rise, and how busy they were.
DOWN_WEIGHTS = {"v1": (5, 4, 3), "v2": (7, 6, 5), "v3": (3, 2)}
UP_WEIGHTS = {"v1": (14, 17, 20), "v2": (18, 19, 18), "v3": (20, 21)}
WEEK_WEIGHTS = {"v1": (17, 18, 20), "v2": (19, 16, 14), "v3": (17, 16)}
HOURS = [0, 0, 0, 0, 0, 1, 3, 7, 10, 12, 13, 12, 11, 10, 10, 10, 11, 12, 11, 9, 7, 5, 3, 1]
DAYS = [12, 11, 10, 10, 9, 5, 4]
LATE_SHARE = 0.3
END = datetime(2026, 11, 23, tzinfo=UTC)
FIELD = re.compile(r"^(?=(?:WHO|META|Q|A|FIX|FIX~|SAY|LATER|RATER):)", re.MULTILINE)


def parse(text):
    """One chapter of scripts -> a list of plain dicts, in order."""
    blocks = []
    for chunk in re.split(r"^@@ ", text, flags=re.M)[1:]:
        head, _, body = chunk.partition("\n")
        about, sources, signal, *rest = (part.strip() for part in f"{head}|".split("|"))
        version, *tags = about.split()
        options = dict(word.partition("=")[::2] for word in " ".join(rest).split())
        block = {"version": version, "tags": tags, "sources": sources.split(), "rater": []}
        block["signal"], *block["reasons"] = signal.split()
        block["options"] = options
        for part in FIELD.split(body)[1:]:
            name, _, value = part.partition(":")
            if name == "RATER":
                block["rater"].append(value.strip())
            else:
                block[name] = value.strip()
        blocks.append(block)
    return blocks


def changed(text, rules):
    """Apply "old => new" rules (a rule may begin with "~"); each must fit exactly once."""
    for rule in rules:
        old, _, new = rule.removeprefix("~ ").partition(" => ")
        if text.count(old) != 1:
            raise ValueError(f"{text.count(old)} times {old!r} in {text!r}")
        text = text.replace(old, new)
    return text


def resolve(block, named):
    """Fill in an answer that is taken over from another block, and a correction made of rules."""
    if block["A"].startswith("@"):
        first, *lines = block["A"].splitlines()
        answer = named[first[1:]]["A"]
        answer = changed(answer, [line for line in lines if line.startswith("~ ")])
        for line in lines:
            if line.startswith("^ "):
                answer = f"{line[2:]}\n\n{answer}"
            elif line.startswith("$ "):
                answer = f"{answer}\n\n{line[2:]}"
        block["A"] = answer
    if "FIX~" in block:
        rules = re.split(r"\n~ ", block["FIX~"])
        block["FIX"] = changed(block["A"], rules)


def read_blocks():
    """All scripts, with answers resolved and follow-up turns tied to their first turn."""
    threads, named = [], {}
    for chapter in CHAPTERS.values():
        for block in parse(chapter):
            if "id" in block["options"]:
                named[block["options"]["id"]] = block
            resolve(block, named)
            if block["options"].keys() & {"follow", "again"}:
                block["version"] = threads[-1][0]["version"]
                threads[-1].append(block)
            else:
                threads.append([block])
    return threads


def give_versions(threads, rng):
    """Deal the threads that fit any version to those that still have room."""
    room = dict(TARGET)
    for thread in threads:
        if thread[0]["version"] in room:
            room[thread[0]["version"]] -= len(thread)
    free = [thread for thread in threads if thread[0]["version"] == "v*"]
    rng.shuffle(free)
    for thread in free:
        version = max(room, key=lambda v: room[v] / TARGET[v])
        room[version] -= len(thread)
        for block in thread:
            block["version"] = version


def give_votes(threads, rng):
    """Turn the open signals ("?") into up-votes until each version has its share of them."""
    for version, wanted in UPS.items():
        blocks = [b for t in threads for b in t if b["version"] == version]
        have = sum(b["signal"] == "up" for b in blocks)
        unsure = [b for b in blocks if b["signal"] == "?"]
        rng.shuffle(unsure)
        # Someone who was told something wrong seldom thanks for it.
        unsure.sort(key=lambda b: "-old" in " ".join(b["sources"]) and rng.random() < 0.85)
        for number, block in enumerate(unsure):
            block["signal"] = "up" if number < wanted - have else ""


def deal(threads, weights):
    """Threads -> one list per week, sizes as the weights say."""
    total, start, dealt = sum(weights), 0, []
    for week in range(len(weights)):
        end = round(len(threads) * sum(weights[: week + 1]) / total)
        dealt.append(threads[start:end])
        start = end
    return dealt


def give_times(threads, rng):
    """Spread each version's threads over its weeks and give every turn a time of day."""
    for version, (first_day, weeks) in VERSIONS.items():
        mine = [t for t in threads if t[0]["version"] == version]
        rng.shuffle(mine)
        down = [t for t in mine if any(b["signal"] == "down" for b in t)]
        glad = [t for t in mine if t not in down and any(b["signal"] == "up" for b in t)]
        rest = [t for t in mine if t not in down and t not in glad]
        days = datetime.fromisoformat(first_day).replace(tzinfo=UTC)
        downs = deal(down, DOWN_WEIGHTS[version])
        ups = deal(glad, UP_WEIGHTS[version])
        others = deal(rest, WEEK_WEIGHTS[version])
        for week in range(weeks):
            for thread in downs[week] + ups[week] + others[week]:
                if "day" in thread[0]["options"]:
                    day = datetime.fromisoformat(thread[0]["options"]["day"]).replace(tzinfo=UTC)
                else:
                    day = days + timedelta(days=7 * week + rng.choices(range(7), DAYS)[0])
                hour = rng.choices(range(24), HOURS)[0]
                at = day + timedelta(hours=hour, seconds=rng.randrange(3600))
                for block in thread:
                    at += timedelta(hours=int(block["options"].get("gap", 0)))
                    block["at"] = at
                    at += timedelta(seconds=rng.randrange(40, 300))


def stamp(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def cite(block, rng):
    """The sources of a block as the agent logged them; now and then its search found one more."""
    cited, names = [], list(block["sources"])
    extra = SEE_ALSO.get(names[-1].partition(":")[0])
    if extra and extra not in " ".join(names) and rng.random() < 0.4:
        names.append(extra)
    for number, name in enumerate(names):
        key, _, which = name.partition(":")
        title, uri, texts = SOURCES[key]
        query = block["options"].get("q")
        if number == 0 and query:
            uri = f"{uri}?{query}"
        cited.append({"title": title, "uri": uri, "text": texts[int(which or 0)]})
    return cited


def metadata(block, rng):
    """Channel, locale, latency, and now and then something personal that a server adds."""
    channel = rng.choices(("app", "web", "whatsapp", "email"), (52, 30, 12, 6))[0]
    meta = {
        "channel": block["options"].get("ch", channel),
        "locale": block["options"].get("lang", "en-GB"),
        "latency_ms": int(rng.lognormvariate(7.2, 0.45)),
    }
    roll = rng.random()
    if roll < 0.06:
        meta["ip"] = f"203.0.113.{rng.randrange(2, 250)}"
    elif roll < 0.09:
        meta["ip"] = f"2001:db8:{rng.randrange(16, 4096):x}::{rng.randrange(1, 9999):x}"
    if "META" in block:
        meta.update(json.loads(block["META"]))
    return meta


def known_as(block, rng):
    """The customer as the log names them: by account, by e-mail, or not at all."""
    if "WHO" in block:
        return block["WHO"]
    found = re.search(r"GRW-2\d{7}|[\w.+-]+@example\.com", block["Q"])
    if found:
        return found.group()
    account = f"GRW-20{rng.randrange(100000, 999999)}"
    return account if rng.random() < 0.9 or "LATER" in block else None


def vote(signal, block, **extra):
    """A feedback object with only the keys that it needs, always in this order."""
    full = {
        "signal": signal,
        "correction": block.get("FIX"),
        "comment": block.get("SAY"),
        "tags": block.get("reasons"),
        **extra,
    }
    return {key: value for key, value in full.items() if value}


def further_votes(block, line):
    """Feedback lines for second thoughts (LATER) and second raters (RATER)."""
    for text, own in [(block.get("LATER"), True), *((text, False) for text in block["rater"])]:
        if not text:
            continue
        head, *parts = (part.strip() for part in text.split("|"))
        *who, delay, signal = head.split()[:2] if own else head.split()[:3]
        late = {"reasons": head.split()[2 if own else 3 :]}
        if own:
            late["SAY"] = parts[0] if parts else None
        else:
            late["FIX"], late["SAY"] = (*parts, None, None)[:2]
        at = block["at"] + timedelta(hours=int(delay[1:-1]), minutes=17)
        yield feedback_line(line["id"], at, vote(signal, late), line["user"] if own else who[0])


def feedback_line(name, at, given, user):
    line = {"type": "feedback", "interaction_id": name, "at": stamp(at), **given}
    if user:
        line["user"] = user
    return line


def write_lines(threads, rng):
    """Threads -> [(time, log line)], in order of time, ids in order of the questions."""
    order = sorted((block for thread in threads for block in thread), key=lambda b: b["at"])
    for number, block in enumerate(order, 1):
        block["name"] = f"grw-{number:04}"
    lines = []
    for thread in sorted(threads, key=lambda t: t[0]["at"]):
        user = known_as(thread[0], rng)
        session = f"s-{rng.getrandbits(32):08x}" if len(thread) > 1 or rng.random() < 0.7 else None
        history = []
        meta = metadata(thread[0], rng)
        for block in thread:
            line = {"id": block["name"], "logged_at": stamp(block["at"])}
            line |= {"question": block["Q"], "answer": block["A"], "sources": cite(block, rng)}
            if "again" in block["options"]:
                del history[-2:]
            if history:
                line["history"] = list(history)
            lines.append((block["at"], line))
            model = (
                "s1"
                if block["version"] == "v1" or (block["version"] == "v2" and rng.random() < 0.25)
                else "s2"
            )
            own_meta = meta | {"latency_ms": metadata(block, rng)["latency_ms"]}
            rest = {
                "agent_version": VERSIONS[block["version"]][0],
                "model": f"gridwell-help-{model}",
                "session_id": session,
                "user": user,
                "tags": block["tags"],
                "metadata": own_meta,
                "consent": True,
            }
            signal, options = block["signal"], block["options"]
            on_time = rng.random() > LATE_SHARE or "inline" in options or signal == "retry"
            hours = int(options.get("late") or rng.choice((2, 5, 9, 19, 26, 47, 71, 118)))
            at = block["at"] + timedelta(hours=hours + rng.random())
            if signal and ("late" in options or not on_time) and at < END:
                who = user if rng.random() < 0.7 or block["rater"] or "LATER" in block else None
                lines.append((at, feedback_line(line["id"], at, vote(signal, block), who)))
            elif signal == "up" and not block.get("SAY") and rng.random() < 0.1:
                line["feedback"] = "up"
            elif signal:
                line["feedback"] = vote(signal, block)
            line |= {key: value for key, value in rest.items() if value is not None}
            lines += [
                (datetime.fromisoformat(late["at"]), late)
                for late in further_votes(block, {**line, "user": user})
            ]
            history += [{"role": "user", "content": block["Q"]}]
            history += [{"role": "assistant", "content": block["A"]}]
    return lines


def spoil(lines, rng):
    """The accidents of a real log: broken lines, a repeat, a reused id, votes without an item."""

    def near(day):
        return datetime.fromisoformat(f"2026-{day}:00Z")

    def dump(value):
        return json.dumps(value, ensure_ascii=False)

    items = [line for _, line in sorted(lines, key=lambda pair: pair[0]) if "question" in line]
    base = {
        "sources": [],
        "agent_version": "2026-09-28",
        "model": "gridwell-help-s1",
        "consent": True,
    }
    cut = dump(
        {
            "id": "grw-0901",
            "logged_at": "2026-10-02T03:12:44Z",
            "question": "hi its Dorota Lis, 4 Quayside Row, Goole DN14 5BX, meter box broken",
            "answer": "Thanks, Dorota. A broken meter box",
        }
    )[:-18]
    yield near("10-02T03:12"), cut
    yield near("10-05T11:40"), "Traceback"
    yield (
        near("10-08T16:21"),
        dump(
            {
                "id": "grw-0902",
                "logged_at": "2026-10-08T16:21:00Z",
                "question": "can someone call me on 0161 496 0871 about my bill",
                **base,
            }
        ),
    )
    yield (
        near("10-13T09:05"),
        dump(
            {
                "id": "grw-0903",
                "logged_at": "2026-10-13T09:05:00Z",
                "question": "Why was my call cut off?",
                "answer": 503,
                **base,
            }
        ),
    )
    yield (
        near("10-16T18:30"),
        dump(
            {
                "id": "grw-0904",
                "logged_at": "2026-10-16T18:30:00Z",
                "question": "What is the calorific value on my bill?",
                "answer": ["It is the energy", "in a cubic metre of gas."],
                **base,
            }
        ),
    )
    yield (
        near("10-22T08:47"),
        dump(
            {
                "id": "grw-0905",
                "logged_at": "2026-10-22T08:47:00Z",
                "question": "do you have an office in leeds i can walk into",
                "answer": "We have no offices for visitors, but you can call 0808 157 0142.",
                **base,
                "agent_version": "2026-10-19",
                "feedback": {"signal": "meh"},
            }
        ),
    )
    yield near("10-27T02:00"), ""
    again = items[len(items) // 3]
    yield datetime.fromisoformat(again["logged_at"]) + timedelta(minutes=3), dump(again)
    clash = items[len(items) // 2]
    yield (
        near("11-04T13:19"),
        dump(
            {
                **{
                    key: value for key, value in clash.items() if key not in ("feedback", "history")
                },
                "logged_at": "2026-11-04T13:19:00Z",
                "question": "Is there a loyalty discount for staying ten years?",
            }
        ),
    )
    yield (
        near("10-11T12:02"),
        dump(feedback_line("grw-0977", near("10-11T12:02"), {"signal": "up"}, None)),
    )
    yield (
        near("11-17T20:44"),
        dump(
            feedback_line(
                "grw-0981",
                near("11-17T20:44"),
                {"signal": "down", "comment": "wrong tariff for my postcode (EX4 9QN)"},
                "GRW-20812207",
            )
        ),
    )


def main():
    rng = random.Random(SEED)
    threads = read_blocks()
    give_versions(threads, rng)
    give_votes(threads, rng)
    give_times(threads, rng)
    lines = write_lines(threads, rng)
    rows = [(at, json.dumps(line, ensure_ascii=False)) for at, line in lines]
    rows += spoil(lines, rng)
    rows.sort(key=lambda row: row[0])
    OUT.write_bytes("".join(f"{text}\n" for _, text in rows).encode())


if __name__ == "__main__":
    main()
