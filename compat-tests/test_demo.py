# SPDX-License-Identifier: GPL-2.0-or-later
"""tools/demo on a network card: what it refuses, and that it serves. (The demonstration itself is run by .ci/run.)"""
import contextlib
import os
import re
import signal
import subprocess
import sys

from clients import OFFER
from fixtures import ADDRESS, MAC
from lab import BRIDGE, REPO, SERVER, check, equal, ip, wait_for


def demo(lab, **env):
    """Starts it; (process, function that gives its output so far)."""
    out = lab.tmp / "demo.out"
    with open(out, "wb") as f:
        p = subprocess.Popen([sys.executable, REPO / "tools/demo.py"], stdin=subprocess.DEVNULL, stdout=f, stderr=f,
                             env={**os.environ, "ROOT": str(lab.tmp / "site"), **{k: str(v) for k, v in env.items()}})
    return p, out.read_text


def test_demo_refuses_what_it_cannot_serve(lab):
    image = lab.tmp / "x.iso"
    image.write_bytes(b"x")
    ip("link", "add", "bare0", "type", "bridge")
    try:
        for env, pattern in (({"ISO": image}, "needs both ISO and IFACE"), ({"ISO": "/nowhere.iso", "IFACE": BRIDGE}, "no such file"),
                             ({"ISO": image, "IFACE": "nosuch0"}, "no such network card"), ({"ISO": image, "IFACE": "bare0"}, "no IPv4 address"),
                             ({"ISO": image, "IFACE": BRIDGE}, "an address is missing"),
                             ({"ISO": image, "IFACE": BRIDGE, "MAC": "zz", "IP": ADDRESS}, "six pairs"),
                             ({"ISO": image, "IFACE": BRIDGE, "MAC": MAC, "IP": "192.0.2.1"}, "not in the card's network"),
                             ({"ISO": image, "IFACE": BRIDGE, "RANGE": "10.55.0.1"}, "expected FIRST-LAST")):
            p, out = demo(lab, **env)
            status = p.wait(60)
            check(status == 1 and pattern in out(), "%r: status %d, %s" % (env, status, out()))
        check(not (lab.tmp / "site").exists(), "a refusal leaves nothing behind")
    finally:
        ip("link", "del", "bare0")


def test_demo_serves_one_machine_on_a_card(lab):
    p, out = demo(lab, ISO=lab.media("rhel"), IFACE=BRIDGE, MAC=MAC, IP=ADDRESS)
    try:
        wait_for("ready", lambda: re.search(r"ready +boot the machine", out()) or p.poll() is not None, 60)
        check(p.poll() is None, out())
        offer = wait_for("offer", lambda: lab.client.discover(mac=MAC, timeout=0.5), 30)
        equal((offer.type, offer.yiaddr, offer.siaddr), (OFFER, ADDRESS, SERVER), "the machine's offer")
        check(lab.client.discover(mac="52:54:00:00:00:77", timeout=0.7) is None, "no other machine gets an answer")
        wait_for("timeline", lambda: "offer " + ADDRESS in out(), 20)
        p.send_signal(signal.SIGINT)
        p.wait(60)
        check("Traceback" not in out(), out())

        def gone():
            with contextlib.suppress(ConnectionRefusedError):
                return lab.client.http("/") is None
            return True
        wait_for("end of the daemon", gone, 5)
    finally:
        if p.poll() is None:
            p.kill()
