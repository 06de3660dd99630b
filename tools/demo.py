# SPDX-License-Identifier: GPL-2.0-or-later
"""The main job, with its timeline as it happens. Without ISO and IFACE in the environment: in namespaces of its own, with media made
from Debian's packages and a QEMU machine. With them: on the network behind that card, until Ctrl-C. See tools/demo.
"""
import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPO / "compat-tests"))
sys.dont_write_bytecode = True
import lab  # noqa: E402
import media  # noqa: E402

NAME, MAC, ADDRESS = "demo1", "52:54:00:12:34:56", "10.55.0.10"
BEGAN = time.monotonic()
PRINTING = threading.Lock()


def say(who, text):
    with PRINTING:
        print("%7.2f s  %-6s  %s" % (time.monotonic() - BEGAN, who, text), flush=True)


class Timeline(threading.Thread):
    """Prints the daemon's own log lines about machines: who asked, what was served, how much and how fast."""

    LINE = re.compile(r"^\S+ (\w+)\[\d+\] (\w+) (\w+): (.*)$")

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.d, self.done = daemon, False

    def run(self):
        at = 0
        while not self.done:
            log = self.d.log()
            end = log.rfind("\n") + 1
            for line in log[at:end].splitlines():
                self.show(line)
            at = end
            time.sleep(0.1)

    def show(self, line):
        m = self.LINE.match(line)
        if m and (m.group(3) in ("dhcp", "tftp", "http", "import") or m.group(2) in ("WARNING", "ERROR")):
            say(m.group(3), m.group(4) if m.group(2) == "INFO" else "%s: %s" % (m.group(2), m.group(4)))


def report_import(d, image, name):
    """Imports the image; the names of the profiles it gave."""
    began = time.monotonic()
    d.cobbler("import", "--name=" + name, "--path=%s" % image, timeout=3600)
    say("import", "%.1f MB in %.1f s" % (image.stat().st_size / 1e6, time.monotonic() - began))
    profiles = [x["name"] for x in d.rpc().get_profiles() if x["name"].startswith(name)]
    lab.check(profiles, "the import made no profile")
    for p in profiles:
        say("import", "profile %s" % p)
    return profiles


def add_system(d, profile, mac, address, *more):
    d.cobbler("system", "add", "--name=" + NAME, "--profile=" + profile, "--interface=eth0", "--mac=" + mac, "--ip-address=" + address,
              "--hostname=" + NAME, "--netboot-enabled=true", *more)
    say("model", "system %s: %s gets %s and profile %s" % (NAME, mac, address, profile))


# ---- the demonstration ----

STEPS = (      # what the log has to show, in this order, with the seconds that a slow machine may take for each
    ("an address offered to the machine", r"dhcp: .*" + re.escape(MAC), 300),
    ("the boot loader served", r"tftp: .*pxelinux\.0|http: .*ipxe", 300),
    ("the installer's kernel and initrd served", r"images/debian12-x86_64/initrd\.gz", 300),
    ("the answer file served to system " + NAME, r"GET /cblr/svc/op/autoinstall/system/%s\S* to %s: 200" % (NAME, re.escape(ADDRESS)), 600),
    ("the installer following it: its first command reports to the server",
     r"GET /cblr/svc/op/trig/mode/pre/system/%s\S* to %s: 200" % (NAME, re.escape(ADDRESS)), 300),
    ("the installer using the imported media as its mirror", r"GET \S*/dists/bookworm/\S*Release to %s: 200" % re.escape(ADDRESS), 300),
)


def demonstrate(tmp):
    lab.Network()
    image = tmp / "debian-12.iso"
    shutil.copy(media.cached("debian", REPO / "build/media"), image)
    say("media", "%s: %.1f MB, from debian-installer-12-netboot-amd64" % (image.name, image.stat().st_size / 1e6))
    d = lab.Daemon(tmp / "root", users=())
    machine = timeline = None
    try:
        began = time.monotonic()
        d.start()
        say("start", "cobblerd answers after %.0f ms, from embedded defaults" % ((time.monotonic() - began) * 1000))
        timeline = Timeline(d)
        timeline.start()
        profile, = report_import(d, image, "debian12")
        add_system(d, profile, MAC, ADDRESS, "--kernel-options=console=ttyS0,115200")
        say("power", "machine %s: QEMU, BIOS, boots from its network card" % MAC)
        machine = lab.Machine(tmp / "machine", MAC, ram=1152)
        for what, pattern, limit in STEPS:
            seconds = machine.wait("sign of " + what, lambda p=pattern: re.search(p, d.log()), limit)
            time.sleep(0.15)      # the line itself comes first
            say("=====", "%s (%.1f s after power-on)" % (what, seconds))
        machine.off()
        machine = None
        seconds, status = d.stop()
        timeline.done = True
        lab.check(status == 0, "cobblerd ended with status %d" % status)
        say("end", "cobblerd stopped in %.0f ms" % (seconds * 1000))
    finally:
        if timeline is not None:
            timeline.done = True
        if machine is not None:
            machine.off()
        if d.running:
            d.kill()


def main_demonstration():
    lab.in_namespaces()
    tmp = Path(tempfile.gettempdir())
    print("The demonstration runs in network namespaces of its own: no real network is touched.", flush=True)
    try:
        demonstrate(tmp)
    except (lab.Failed, lab.Skip, OSError, RuntimeError, subprocess.SubprocessError, ValueError) as e:
        lab.keep()
        print("FAILED: %s\nLogs: %s/root.log (daemon), %s/machine/serial.log (console)" % (e, tmp, tmp), flush=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    print("SUCCESS: from one ISO image to a bare machine in the Debian installer, with its own answer file, in %.0f s."
          % (time.monotonic() - BEGAN), flush=True)


# ---- a real network ----

def refuse(text):
    sys.exit("demo: %s\n\nusage: ISO=FILE IFACE=CARD MAC=ADDR IP=ADDR tools/demo\n       ISO=FILE IFACE=CARD RANGE=FIRST-LAST tools/demo" % text)


def card_address(card):
    """The card's IPv4 address with its prefix."""
    r = subprocess.run(["ip", "-j", "-4", "addr", "show", "dev", card], capture_output=True, text=True)
    if r.returncode != 0:
        refuse("IFACE=%s: there is no such network card" % card)
    found = [a for i in json.loads(r.stdout) for a in i.get("addr_info", ())]
    if not found:
        refuse("IFACE=%s has no IPv4 address: give it one first (ip addr add 192.0.2.1/24 dev %s)" % (card, card))
    return ipaddress.IPv4Interface("%s/%d" % (found[0]["local"], found[0]["prefixlen"]))


def in_network(key, text, net):
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        refuse("%s: \"%s\" is not an IPv4 address" % (key, text))
    if address not in net:
        refuse("%s: %s is not in the card's network %s" % (key, text, net))
    return str(address)


def lan_services(env, me, card):
    subnet = {"subnet": str(me.network), "router": env.get("ROUTER", ""), "dns": [env.get("DNS", str(me.ip))], "lease_time": 3600}
    if env.get("RANGE"):
        ends = env["RANGE"].split("-")
        if len(ends) != 2:
            refuse("RANGE=%s: expected FIRST-LAST" % env["RANGE"])
        subnet["range"] = [in_network("RANGE", x, me.network) for x in ends]
    return {"dhcp": {"enabled": True, "interfaces": [card], "known_only": not env.get("RANGE"), "subnets": [subnet]}}


def main_lan(env):
    if not env.get("ISO") or not env.get("IFACE"):
        refuse("a real network needs both ISO and IFACE")
    if os.geteuid() != 0:
        refuse("ports 67, 69 and 80 need root")
    image = Path(env["ISO"]).resolve()
    if not image.is_file():
        refuse("ISO=%s: no such file" % env["ISO"])
    me = card_address(env["IFACE"])
    if not env.get("RANGE") and not (env.get("MAC") and env.get("IP")):
        refuse("an address is missing: name the machine (MAC= and IP=) or a range for any machine (RANGE=)")
    if bool(env.get("MAC")) != bool(env.get("IP")):
        refuse("MAC and IP belong together")
    if env.get("MAC") and not re.fullmatch(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}", env["MAC"]):
        refuse("MAC=%s: expected six pairs of hexadecimal digits, as 52:54:00:12:34:56" % env["MAC"])
    address = in_network("IP", env["IP"], me.network) if env.get("MAC") else None
    services = lan_services(env, me, env["IFACE"])
    root = Path(env.get("ROOT", REPO / "build/site")).resolve()
    print("Serves DHCP, TFTP and HTTP as %s on %s%s. State: %s. Ctrl-C ends it." % (
        me.ip, env["IFACE"], "" if env.get("RANGE") else ", to %s only" % env["MAC"], root), flush=True)
    d = lab.Daemon(root, settings={"server": str(me.ip), "next_server_v4": str(me.ip)}, services=services, users=())
    d.reconfigure()
    timeline = Timeline(d)
    try:
        d.start()
        timeline.start()
        name = re.sub(r"[^A-Za-z0-9_.-]", "-", image.stem)
        known = [x["name"] for x in d.rpc().get_profiles() if x["name"].startswith(name)]
        profiles = known or report_import(d, image, name)
        if env.get("MAC"):
            if d.rpc().find_system({"name": NAME}):
                d.cobbler("system", "remove", "--name=" + NAME)
            add_system(d, profiles[0], env["MAC"].lower(), address)
        say("ready", "boot the machine from its network card")
        while d.running:
            time.sleep(0.5)
        sys.exit("demo: cobblerd ended:\n" + d.tail())
    except (lab.Failed, OSError, subprocess.SubprocessError) as e:
        sys.exit("demo: %s\nlog: %s" % (e, d.log_path))
    except KeyboardInterrupt:
        print()
    finally:
        if d.running:
            d.stop()


if os.environ.get("ISO") or os.environ.get("IFACE"):
    main_lan(os.environ)
else:
    main_demonstration()
