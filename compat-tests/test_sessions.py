# SPDX-License-Identifier: GPL-2.0-or-later
"""What real clients and Cobbler 3.3.7 said to each other, said again to cobblerd: the command line in Python, the Go command line and
library, koan, Ansible and the web interface. Each call must be answered as it was then; DEVIATIONS names those that are not, with the reason.
"""
import json
import re

from lab import REPO, Skip, check
from test_golden import GOLDEN
from world import World, plural

WIRE = REPO.parent / "shared/reference/clients/wire"
SESSIONS = ("pycli", "gocli", "gosmoke", "koan", "ansible", "web")
# Answers whose value is the server's own or a moment's; their kind is compared.
OWN = {"login", "extended_version", "check", "get_events", "get_random_mac", "last_modified_time", "get_signatures", "get_event_log",
       "get_task_status", "get_status"}
OWN_KEYS = {"xmlrpc_port", "http_port", "http_server", "ctime", "mtime", "uid", "random_mac", "seconds", "cobbler_version", "tree_build_time"}
# 3.3.7 has or lacks them as its cache goes.
DERIVED = {"kickstart", "ks_meta", "remote_grub_kernel", "remote_grub_initrd"}
FAULT = "3.3.7 faults on its own command line's --in-place"
SLIP = "3.3.7 loses the parent in its cache"
DEVIATIONS = {("pycli", 68): FAULT, ("pycli", 73): FAULT, ("pycli", 118): FAULT, ("pycli", 170): FAULT, ("pycli", 169): SLIP,
              ("gocli", 153): SLIP, ("gocli", 455): SLIP, ("gocli", 246): "3.3.7 failed to render it"}


def recorded(session):
    return json.loads((WIRE / (session + "-337.json")).read_text())


def base_items():
    """[(type, item)]: what was there when the clients came."""
    items = []
    for call in recorded("gosmoke"):
        m = re.match(r"get_(distro|profile|system|repo|image|menu)s$", call["method"])
        if m:
            items += [(m.group(1), item) for item in call["result"] if not item["name"].startswith("g")]
    return items


def stored(v, top=True):
    """As it lies on the disk: "~" is null."""
    if isinstance(v, dict):
        return {k: stored(x, False) for k, x in v.items() if not (top and k in DERIVED)}
    return [stored(x, False) for x in v] if isinstance(v, list) else None if v == "~" else v


def start(lab, session):
    site = lab.tmp / ("site-" + session)
    for kind, item in base_items():
        folder = site / "var/lib/cobbler/collections" / plural(kind)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / (item["name"] + ".json")).write_text(json.dumps(stored(item)))
    world = World(lab.tmp / session, "ours", GOLDEN / "site", more=site)
    lab.worlds.append(world)
    return world


class Names:
    """Tokens, handles and tasks of then, and what they are now."""

    def __init__(self):
        self.now = {}

    def learn(self, then, now):
        if isinstance(then, str) and isinstance(now, str) and re.search(r"[A-Za-z0-9+/]{34}==$|_[0-9a-f]{32}$|^[0-9a-f]{32}$", then):
            self.now[then] = now
        elif isinstance(then, dict) and isinstance(now, dict):
            for key in then:
                self.learn(then[key], now.get(key))
        elif isinstance(then, list) and isinstance(now, list):
            for a, b in zip(then, now):
                self.learn(a, b)

    def translate(self, v):
        if isinstance(v, str):
            return self.now.get(v, v)
        if isinstance(v, list):
            return [self.translate(x) for x in v]
        return {k: self.translate(x) for k, x in v.items()} if isinstance(v, dict) else v


def differences(then, now, path=""):
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted(set(then) | set(now)):
            # The recording browser had left its marks in comments of the base items.
            if key in OWN_KEYS or (key == "comment" and re.match("x$|web-", str(then.get(key)))) or (key in DERIVED and (key in then) != (key in now)):
                continue
            yield from differences(then.get(key), now.get(key), "%s/%s" % (path, key))
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for i, pair in enumerate(zip(then, now)):
            yield from differences(*pair, "%s/%d" % (path, i))
    elif then != now and not (re.search("virt_bridge", path) and {then, now} == {"", "<<inherit>>"}):
        yield "%s: %.120r was %.120r" % (path, now, then)


def same_shape(then, now):
    return type(then) is type(now)


def replay(world, session):
    """(calls, [what differs])"""
    names, wrong, calls = Names(), [], recorded(session)
    for number, call in enumerate(calls):
        if "method" not in call or call["method"] is None:
            continue
        method, params = call["method"], names.translate(call["params"])
        if method == "login" and params[:1] == [""]:
            params = ["", (world.root / "var/lib/cobbler/web.ss").read_text()]
        now = world.call(method, *params)
        then = {"fault": call["fault"][1]} if "fault" in call else call["result"]
        names.learn(then, now)
        failed = [isinstance(x, dict) and set(x) == {"fault"} for x in (then, now)]
        if method in OWN or re.match("new_|background_", method):
            differ = [] if failed[0] == failed[1] and same_shape(then, now) else ["%.150r was %.150r" % (now, then)]
        else:
            differ = list(differences(names.translate(then), now))
        if differ and (session, number) not in DEVIATIONS:
            wrong.append("%s %d %s%.100r%s" % (session, number, method, call["params"], "".join("\n      " + d for d in differ[:3])))
    return sum("method" in c for c in calls), wrong


def test_recorded_sessions_of_clients(lab):
    if not WIRE.exists() or not GOLDEN.exists():
        raise Skip("no recorded sessions beside this checkout (../shared/reference/clients/wire)")
    problems = []
    for session in SESSIONS:
        world = start(lab, session)
        n, wrong = replay(world, session)
        world.stop()
        lab.note("%s: %d of %d" % (session, n - len(wrong), n))
        problems += wrong
    check(not problems, "%d calls are answered otherwise:\n%s" % (len(problems), "\n".join(problems[:40])))
