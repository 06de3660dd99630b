# SPDX-License-Identifier: GPL-2.0-or-later
"""The recorded calls of Cobbler 3.3.7, replayed. golden-deviations.txt lists every call whose answer differs: a call that is not
listed must match, so what once matched can not be lost. GOLDEN_UPDATE=1 writes the list anew.
"""
import os
import re
import shutil
import subprocess
import sys

from lab import REPO, Daemon, Skip, check

GOLDEN = REPO.parent / "shared/golden"
LIST = REPO / "compat-tests/golden-deviations.txt"
HEAD = """# Calls of the recorded transcript whose answers differ from Cobbler 3.3.7's: number, method. What stands behind "#" is the reason
# why the difference is meant; a line without one is still to be done. "GOLDEN_UPDATE=1 compat-tests/run golden" writes this file anew.
"""


def prepare(lab):
    root = lab.tmp / "root"
    root.mkdir()
    shutil.copytree(GOLDEN / "site", root, dirs_exist_ok=True, symlinks=True)
    subprocess.run(["chmod", "-R", "u+w", root], check=True)
    d = Daemon(root, services={"dhcp": {"enabled": False}, "tftp": {"enabled": False}})
    lab.daemons.append(d)
    return d.start()


def listed():
    """{number: reason}"""
    result = {}
    for line in LIST.read_text().splitlines() if LIST.exists() else ():
        m = re.match(r"(\d+) \S+(?:\s+# (.*))?$", line)
        if m:
            result[int(m.group(1))] = m.group(2)
    return result


def test_golden_replay(lab):
    if not (GOLDEN / "replay.py").exists():
        raise Skip("no recorded transcript beside this checkout (../shared/golden)")
    d = prepare(lab)
    r = subprocess.run([sys.executable, GOLDEN / "replay.py", "--url", d.url, GOLDEN / "transcript.json", "-v", "5000"],
                       stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    head = re.match(r"(\d+) matched / (\d+) total", r.stdout)
    check(head, "the replay did not finish: %s%s" % (r.stdout[-500:], r.stderr[-1500:]))
    matched, total = map(int, head.groups())
    lab.note("%d of %d match" % (matched, total))
    lines = {}
    for line in r.stdout.splitlines()[1:]:
        m = re.match(r"(\d+)  (\S+)  (.*)", line)
        if m:
            lines[int(m.group(1))] = (m.group(2), m.group(3))
    known = listed()
    if os.environ.get("GOLDEN_UPDATE") == "1":
        LIST.write_text(HEAD + "".join("%d %s%s\n" % (n, lines[n][0], "    # " + known[n] if known.get(n) else "") for n in sorted(lines)))
        return
    new = sorted(set(lines) - set(known))
    check(not new, "%d calls no longer match:\n%s" % (len(new), "\n".join("%d %s %.300s" % (n, *lines[n]) for n in new[:20])))
    if len(lines) < len(known):
        lab.note("%d listed deviations are gone" % len(set(known) - set(lines)))
