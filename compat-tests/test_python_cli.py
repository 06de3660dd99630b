# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of Cobbler 3.3.7 in Python, and ours, each against cobblerd and against the server in Python: every line of
cli-commands.txt must give the same output and exit status as Python against Python. cli-deviations.txt lists those that do not; a
line that is not listed must match. CLI_UPDATE=1 writes the list anew. What the lines of a task's log say is each server's own.
"""
import difflib
import os
import re
import shlex
import threading

from lab import REPO, Skip, check
from world import World, missing

COMMANDS = REPO / "compat-tests/cli-commands.txt"
LIST = REPO / "compat-tests/cli-deviations.txt"
HEAD = """# Command lines whose answer is not Cobbler 3.3.7's: what ran against what, and the line. What stands behind "##" is the reason why the
# difference is meant; a line without one is still to be done. "CLI_UPDATE=1 compat-tests/run python_cli" writes this file anew.
"""
# The command line, and the server that it asks.
PAIRS = [("python", "ours"), ("ours", "ours"), ("ours", "python")]
NORMAL = [
    (r"\d{4}-\d\d-\d\d_\d{6}_(.+?)_[0-9a-f]{32}", r"TASK_\1"),
    (r"\(id=(.*), time=.*\)", r"(id=\1, time=T)"),
    (r"^(ctime|mtime|uid|random_mac|seconds|gitstamp|gitdate|builddate): .*$", r"\1: X"),
    (r"^  (source|build time): .*$", r"  \1: X"),
    (r"/tmp/\S+|0x[0-9a-f]{6,}", "X"),
    (r"'(ctime|mtime|uid)': ([0-9.]+|'[0-9a-f]{32}')", r"'\1': X"),
    (r"(?s)(\ntask started \(id=[^\n]*\n).*?(?=^(\*\*\* TASK COMPLETE|!!! TASK FAILED))", r"\1...\n"),
    (r"(?s)(\nTraceback .*?\n)(?=\S)", "\nTraceback\n"),
]


def commands():
    for line in COMMANDS.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


def normal(answer):
    status, out, err = answer
    texts = []
    for text in (out, err):
        for pattern, to in NORMAL:
            text = re.sub(pattern, to, text, flags=re.M)
        texts.append(text)
    return (status, *texts)


def play(world, cli, lines, into, errors):
    try:
        for line in lines:
            into.append(normal(world.command(cli, shlex.split(line))))
    except Exception as e:
        errors.append(e)


def play_all(lab, lines):
    """{(cli, server): answers}, two at a time."""
    answers, errors, threads = {}, [], []
    for pair in [("python", "python"), *PAIRS]:
        world = World(lab.tmp / ("%s-%s" % pair), pair[1])
        lab.worlds.append(world)
        answers[pair] = []
        threads.append(threading.Thread(target=play, args=(world, pair[0], lines, answers[pair], errors)))
    for i in range(0, len(threads), 2):
        for t in threads[i:i + 2]:
            t.start()
        for t in threads[i:i + 2]:
            t.join()
    check(not errors, "%s" % errors)
    return answers


def listed():
    """{(pair, line): reason}"""
    result = {}
    for line in LIST.read_text().splitlines() if LIST.exists() else ():
        m = re.match(r"(\w+) at (\w+): (.*?)(?:\s+## (.*))?$", line)
        if m:
            result[(m.group(1), m.group(2)), m.group(3)] = m.group(4)
    return result


def explain(pair, line, got, want):
    def text(a):
        return ["exit status %d" % a[0], *a[1].splitlines(), *["stderr: " + x for x in a[2].splitlines()]]
    diff = list(difflib.unified_diff(text(want), text(got), "Python at Python", "%s at %s" % pair, n=0, lineterm=""))
    return "cobbler %s\n    %s" % (line, "\n    ".join(x[:300] for x in diff[2:14]))


def test_python_cli_and_ours_say_the_same(lab):
    if missing():
        raise Skip(missing())
    lines = list(commands())
    answers = play_all(lab, lines)
    known, differ, told = listed(), {}, {}
    for pair in PAIRS:
        same = 0
        for i, line in enumerate(lines):
            got, want = answers[pair][i], answers["python", "python"][i]
            # Help and usage errors are each command's own words.
            if got == want or (pair[0] == "ours" and got[0] == want[0] == 2):
                same += 1
            else:
                key = pair, line
                differ[key] = None
                told.setdefault(key, explain(pair, line, got, want))
        lab.note("%s at %s: %d of %d" % (*pair, same, len(lines)))
    if os.environ.get("CLI_UPDATE") == "1":
        LIST.write_text(HEAD + "".join("%s at %s: %s%s\n" % (*pair, line, "    ## " + known[pair, line] if known.get((pair, line)) else "")
                                       for pair, line in differ))
        (REPO / "build/cli-differences.txt").write_text("\n".join(told[k] for k in differ))
        return
    new = [k for k in differ if k not in known]
    check(not new, "%d answers differ:\n%s" % (len(new), "\n".join(told[k] for k in new[:20])))
