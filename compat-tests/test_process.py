# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon as processes: start, refusal to start, signals, sudden death."""
import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from fixtures import MAC, add, add_machine, fake_boot_files, interface
from lab import COBBLERD, PATIENCE, Daemon, check, command_line, ended, equal, processes, soon, wait_for


def refuses(d, pattern, limit=5.0):
    """It ends by itself, with an error that matches."""
    status = d.spawn().process.wait(PATIENCE * limit)
    check(status not in (0, None) and status > 0, "exit status %r" % status)
    check(re.search(pattern, d.log()), "no /%s/ in:\n%s" % (pattern, d.tail()))
    check("Traceback" not in d.log() and "Sanitizer" not in d.log(), d.tail())


def test_version_and_config_check(lab):
    out = subprocess.run([COBBLERD, "--version"], capture_output=True, text=True)
    check(out.returncode == 0 and "3.3.7" in out.stdout, out.stdout + out.stderr)
    root = str(lab.tmp / "root")
    none = subprocess.run([COBBLERD, "--config-check", "--root", root], capture_output=True, text=True)
    equal((none.returncode, Path(root).exists()), (1, False), "a root that is not there, and is not made: " + none.stderr)
    Path(root).mkdir()
    good = subprocess.run([COBBLERD, "--config-check", "--root", root], capture_output=True, text=True)
    equal((good.returncode, list((lab.tmp / "root").iterdir())), (0, []), "an empty root, which stays empty")
    check("the first start makes it" in good.stdout, good.stdout)
    (lab.tmp / "root/etc/cobbler").mkdir(parents=True)
    (lab.tmp / "root/etc/cobbler/settings.yaml").write_text("server: 192.0.2.1\n")
    units = subprocess.run([COBBLERD, "--config-check", "--root", root, "-F", "-l", "INFO", "-f", "x", "-c", "/etc/cobbler/settings.yaml",
                            "--disable-automigration"], capture_output=True, text=True)
    equal((units.returncode, units.stdout), (0, "configuration is valid\n"), "the options of Cobbler's own")
    for wrong in (["-l", "junk"], ["-c", "/elsewhere.yaml"]):
        equal(subprocess.run([COBBLERD, "--config-check", "--root", root, *wrong], capture_output=True).returncode, 2, " ".join(wrong))
    (lab.tmp / "root/etc/cobbler/settings.yaml").write_text("server: [1, 2\nx: {\n")
    bad = subprocess.run([COBBLERD, "--config-check", "--root", root], capture_output=True, text=True)
    check(bad.returncode == 1 and "settings.yaml" in bad.stderr, "a broken settings.yaml: %d %s" % (bad.returncode, bad.stderr))


def test_config_check_looks_at_every_file(lab):
    """Also where there is no settings.yaml yet."""
    etc = lab.tmp / "root/etc/cobbler"
    etc.mkdir(parents=True)
    subnet = "dhcp: {subnets: [{subnet: 192.0.2.0/24, range: [%s]}]}\n"
    for settings in (None, "server: 192.0.2.1\n"):
        if settings:
            (etc / "settings.yaml").write_text(settings)
        for name, text, words in (
                ("cobblerd.yaml", "dhcp: {bootfiles: {uefi-x64: a, 9: b, http-bios: c}}\n", None),
                ("cobblerd.yaml", subnet % "192.0.2.9, 192.0.2.9", None),
                ("cobblerd.yaml", "rarp: {enabled: true}\n", None),
                ("cobblerd.yaml", "rarp: {enabled: yes, interfaces: [eth0, eth1]}\n", None),
                ("cobblerd.yaml", "rarp: {interfaces: eth0}\n", "rarp.interfaces: a list of texts expected"),
                ("cobblerd.yaml", "rarp: {port: 67}\n", 'unknown key "rarp.port"; expected: enabled, interfaces'),
                ("cobblerd.yaml", "bogus: 1\n", 'unknown key "bogus"'),
                ("cobblerd.yaml", "dhcp: {bootfiles: {uefi-x86: a}}\n", 'dhcp.bootfiles: "uefi-x86"'),
                ("cobblerd.yaml", "dhcp: {bootfiles: {65536: a}}\n", 'dhcp.bootfiles: "65536"'),
                ("cobblerd.yaml", subnet % "192.0.2.9, 192.0.3.1", "dhcp.subnets: entry 1: range"),
                ("cobblerd.yaml", subnet % "192.0.2.9, 192.0.2.8", "dhcp.subnets: entry 1: range"),
                ("modules.conf", "[authentication]\nmodule = authn_pam\n[dns]\nmodule = managers.dnsmasq\n", None),
                ("modules.conf", "[authentication]\nmodule = authentication.pan\n", "authentication.pan"),
                ("modules.conf", "[authorization]\nmodule = authorization.nobody\n", "authorization.nobody"),
                ("modules.conf", "[serializers]\nmodule = serializers.mongodb\n", "serializers.mongodb")):
            (etc / name).write_text(text)
            r = subprocess.run([COBBLERD, "--config-check", "--root", lab.tmp / "root"], capture_output=True, text=True)
            (etc / name).unlink()
            equal((r.returncode, words is None or words in r.stderr), (0 if words is None else 1, True), text + r.stdout + r.stderr)
        for text, words in (("[authentication]\nhash_algorithm = md5\n", '"md5"'), ("[dhcp]\nmodule = managers.kea\n", '"managers.kea"'),
                            ("[dns]\nmodule = managers.x\n", '"managers.x"'), ("[authentication]\nmodule = authentication.spacewalk\n", '"authentication.spacewalk"')):
            (etc / "modules.conf").write_text(text)
            r = subprocess.run([COBBLERD, "--config-check", "--root", lab.tmp / "root"], capture_output=True, text=True)
            (etc / "modules.conf").unlink()
            check(r.returncode == 0 and "warning: " in r.stderr and words in r.stderr, text + r.stdout + r.stderr)


def test_a_start_and_the_check_of_a_configuration_agree(lab):
    """compat: 3.3.7 does not start without the modules that decide who may do what; others are missed when they are needed."""
    for number, (text, words) in enumerate((("[authentication]\nmodule = authentication.pan\n", "authentication.pan"), ("[authorization]\nmodule = x\n", '"x"'))):
        d = lab.daemon("root%d" % number, start=False)
        d.write("etc/cobbler/modules.conf", text)
        refuses(d, words)
    d = lab.daemon(start=False)
    d.write("etc/cobbler/modules.conf", "[dhcp]\nmodule = managers.kea\n[authentication]\nmodule = authentication.configfile\n")
    d.start()
    d.wait_log('WARNING .*"managers.kea" is not one of managers.isc')
    check(d.login()[1], "login")
    (d.root / "etc/cobbler/modules.conf").write_text("[authentication]\nmodule = authentication.pan\n")
    d.process.send_signal(signal.SIGHUP)
    d.wait_log("authentication.pan")
    check(d.login()[1], "login by the module that is still in force")


def test_starts_on_an_empty_root(lab):
    """All defaults, nothing configured: it answers, with safe modes."""
    root = lab.tmp / "empty"
    root.mkdir()
    d = Daemon(root)
    lab.daemons.append(d)
    for name in ("settings.yaml", "cobblerd.yaml", "users.digest"):
        (root / "etc/cobbler" / name).unlink()
    d.start()
    equal(d.rpc().get_distros(), [], "distros")
    for rel in ("var/lib/cobbler/web.ss", "etc/cobbler/settings.yaml", "etc/cobbler/users.digest"):
        mode = (root / rel).stat().st_mode
        check(mode & 0o007 == 0, "%s has mode %o: not for everyone" % (rel, mode & 0o777))


def test_cold_start(lab):
    d = lab.daemon()
    d.stop()
    began = time.monotonic()
    d.start()
    lab.note("answers after %.0f ms" % ((time.monotonic() - began) * 1000))


def test_xmlrpc_port_in_use(lab):
    with socket.create_server(("127.0.0.1", 25151)):
        refuses(lab.daemon(start=False), r"25151.*[Ii]n use")


def test_http_port_in_use(lab):
    with socket.create_server(("0.0.0.0", 80)):
        refuses(lab.daemon(start=False), r"port 80.*[Ii]n use")


def test_dhcp_and_tftp_port_in_use(lab):
    for port in (67, 69):
        with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as s:
            s.bind(("0.0.0.0", port))
            refuses(lab.daemon("root%d" % port, start=False), r"\b%d\b.*[Ii]n use" % port)


def test_unknown_interface(lab):
    d = lab.daemon(start=False, services={"dhcp": {"enabled": True, "interfaces": ["nosuch0"], "subnets": [
        {"subnet": "10.55.0.0/24", "range": ["10.55.0.100", "10.55.0.150"]}]}})
    refuses(d, "nosuch0")


def test_second_daemon_on_one_store_is_refused(lab):
    lab.daemon()
    second = lab.daemon(start=False)
    second.log_path = lab.tmp / "second.log"
    second.reconfigure({"xmlrpc_port": 25152, "http_port": 8080}, {"dhcp": {"enabled": False}, "tftp": {"enabled": False}})
    refuses(second, r"already|another|in use|lock")
    check(lab.daemons[0].running, "the first one goes on")
    lab.daemons[0].rpc().version()


def test_sigterm_ends_it_within_a_second(lab):
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    # busy: an open keep-alive connection, a half request, a TFTP transfer that waits for its acknowledgement
    idle = socket.create_connection(("127.0.0.1", 25151))
    half = socket.create_connection(("127.0.0.1", 80))
    half.sendall(b"GET /cobbler/x HTTP/1.1\r\nHost: x\r\n")
    tftp = lab.client.udp()
    tftp.sendto(b"\0\x01pxelinux.0\0octet\0", ("10.55.0.1", 69))
    children = wait_for("core, dhcp, tftp and privileged", lambda: len(d.roles()) == 4 and d.children(), 3)
    seconds, status = d.stop()
    lab.note("%.0f ms" % (seconds * 1000))
    equal(status, 0, "exit status")
    soon(seconds, 1.0, "SIGTERM to end")
    check(all(map(ended, children)), "no child is left")
    for x in (idle, half, tftp):
        x.close()


def test_children_run_unprivileged(lab):
    d = lab.daemon()
    nobody = pwd.getpwnam("nobody").pw_uid
    d.wait_log(r"dhcp\[\d+\] INFO dhcp: serving")
    d.wait_log(r"tftp\[\d+\] INFO tftp: serving")
    for role, pid in wait_for("core, dhcp, tftp and privileged", lambda: len(d.roles()) == 4 and d.roles(), 3).items():
        status = open("/proc/%d/status" % pid).read()
        uids = re.search(r"^Uid:\s+(.*)$", status, re.M).group(1).split()
        if role == "privileged":
            equal(set(uids), {"0"}, "the process that keeps root")
            check(not re.search(r"socket:", " ".join(os.readlink(f.path) for f in os.scandir("/proc/%d/fd" % pid) if f.name not in "012" and
                                                     f.name not in ("3", "5"))), "it holds a socket besides those of the core and the log")
            continue
        check(set(uids) == {str(nobody)}, "role %s runs with uids %s" % (role, uids))
        if role != "core":
            check(re.search(r"^Seccomp:\s+2", status, re.M) or "built with sanitizers: no system call filter" in d.log(), "role %s has no seccomp filter" % role)
            check(re.search(r"^CapEff:\s+0+$", status, re.M), "role %s holds capabilities" % role)


def test_sighup_reloads(lab):
    d = lab.daemon()
    equal(d.rpc().get_settings()["server"], "10.55.0.1", "server")
    dhcp = json.loads(json.dumps(d.services["dhcp"]))
    dhcp["subnets"][0]["range"] = ["10.55.0.170", "10.55.0.180"]
    d.reconfigure({"server": "10.55.0.77"}, {"dhcp": dhcp})
    d.process.send_signal(signal.SIGHUP)
    wait_for("new setting", lambda: d.rpc().get_settings()["server"] == "10.55.0.77", 3)
    offer = wait_for("offer from the new range", lambda: lab.client.discover(mac="52:54:00:00:00:01", timeout=0.5), 5)
    check(170 <= int(offer.yiaddr.split(".")[3]) <= 180, "offered %s" % offer.yiaddr)


def test_a_service_that_does_not_end_holds_up_no_reload(lab):
    d = lab.daemon()
    d.wait_log("tftp: serving")
    former = wait_for("tftp", lambda: d.roles().get("tftp"), 3)
    os.kill(former, signal.SIGSTOP)
    d.reconfigure(services={"tftp": {**d.services["tftp"], "max_window": 4}})
    d.process.send_signal(signal.SIGHUP)
    wait_for("another tftp process", lambda: d.roles().get("tftp") not in (None, former), 5)
    os.kill(d.roles()["dhcp"], signal.SIGKILL)
    wait_for("a master that looks after its processes", lambda: d.roles().get("dhcp"), 5)


def test_a_reload_tries_again_what_could_not_be_opened(lab):
    d = lab.daemon()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", 6969))
        d.reconfigure(services={"tftp": {**d.services["tftp"], "port": 6969}})
        d.process.send_signal(signal.SIGHUP)
        d.wait_log("tftp stays down: .*6969")
    d.process.send_signal(signal.SIGHUP)
    d.wait_log("tftp: serving on 0.0.0.0 port 6969")


def test_no_line_of_the_log_is_lost_when_it_is_rotated(lab):
    """As logrotate does: rename, SIGHUP. Standard error has every line too."""
    d = lab.daemon()
    log, rotated, stop = d.root / "var/log/cobbler/cobbler.log", [], threading.Event()

    def load(number):
        s = d.rpc()
        while not stop.is_set():
            s.login("cobbler", "cobbler")
            if number == 0:
                lab.client.discover(mac="52:54:00:00:01:%02x" % (len(rotated) % 256), timeout=0.05)
                with contextlib.suppress(Exception):
                    lab.client.tftp("/none", timeout=0.3)
    threads = [threading.Thread(target=load, args=(n,)) for n in range(3)]
    for t in threads:
        t.start()
    try:
        for number in range(12):
            rotated.append(log.with_suffix(".log.%d" % number))
            log.rename(rotated[-1])
            d.process.send_signal(signal.SIGHUP)
            wait_for("new log file", log.exists, 5)
            time.sleep(0.1)
    finally:
        stop.set()
        for t in threads:
            t.join()
    equal((log.stat().st_uid, log.stat().st_mode & 0o777), (log.parent.stat().st_uid, 0o640), "owner and mode of the new file")
    for pid in [d.process.pid, *d.roles().values()]:
        wait_for("process without a former log file", lambda p=pid: not any(".log." in os.readlink(f.path) for f in os.scandir("/proc/%d/fd" % p)), 5)
    d.stop()
    want = sorted(d.log().split(" is ready\n", 1)[1].splitlines())
    files = "".join(p.read_text() for p in [*rotated, log]).split(" is ready\n", 1)[1].splitlines()
    check(sorted(files) == want, "%d lines in the files, %d written; first that differ: %s" % (len(files), len(want), sorted(set(want) ^ set(files))[:3]))
    check({"core", "dhcp"} <= {re.search(r" (\w+)\[", line)[1] for line in files}, "not all processes logged")
    lab.note("%d lines" % len(want))


def test_sighup_with_a_broken_file_keeps_the_old_settings(lab):
    d = lab.daemon()
    (d.root / "etc/cobbler/settings.yaml").write_text("server: [\n")
    d.process.send_signal(signal.SIGHUP)
    d.wait_log(r"settings\.yaml")
    time.sleep(0.2)
    check(d.running, "it goes on")
    equal(d.rpc().get_settings()["server"], "10.55.0.1", "server")


def test_a_killed_child_is_restarted(lab):
    d = lab.daemon()
    add_machine(*d.login(), fake_boot_files(lab))
    for role in ("dhcp", "tftp", "core"):
        pid = wait_for(role, lambda r=role: d.roles().get(r), 3)
        os.kill(pid, signal.SIGKILL)

        def everything_answers():
            with contextlib.suppress(OSError):
                d.rpc().version()
                offer = lab.client.discover(mac=MAC, timeout=0.3)
                data, _ = lab.client.tftp("pxelinux.cfg/01-" + MAC.replace(":", "-"), timeout=0.3)
                return offer and offer.yiaddr == "10.55.0.10" and data
            return None
        began = time.monotonic()
        time.sleep(0.05)
        wait_for("service after the death of " + role, everything_answers, 10)
        lab.note("%s back after %.1f s" % (role, time.monotonic() - began))


def test_an_upgrade_beside_a_running_daemon(lab):
    """A package puts a new program in the place of the one that runs: until it is started again, all its processes are the former one."""
    d = lab.daemon(start=False)
    d.program = lab.tmp / "cobblerd"
    shutil.copy(COBBLERD, d.program)
    d.start()
    new = lab.tmp / "new"
    new.write_text("#!/bin/sh\nexit 7\n")
    new.chmod(0o755)
    new.rename(d.program)
    wait_for("core, dhcp, tftp and privileged", lambda: len(d.roles()) == 4, 3)
    for role in ("privileged", "tftp", "dhcp", "core"):          # with the last one the others go as well
        pid = d.roles()[role]
        os.kill(pid, signal.SIGKILL)
        now = wait_for("another " + role, lambda r=role, p=pid: d.roles().get(r) not in (None, p) and d.roles()[r], 5)
        check(os.readlink("/proc/%d/exe" % now).endswith("/cobblerd (deleted)"), os.readlink("/proc/%d/exe" % now))
    wait_for("an answer", lambda: answers(d), 10)
    d.reconfigure(services={"tftp": {**d.services["tftp"], "max_window": 4}})
    d.process.send_signal(signal.SIGHUP)
    d.cobbler("import", "--name=rocky", "--path=%s" % lab.media("rhel"))
    equal(d.rpc().get_item_names("distro"), ["rocky-x86_64"], "what the importer, the same program, found")
    equal(d.stop()[1], 0, "exit status")


def answers(d):
    with contextlib.suppress(OSError):
        return d.rpc().version()
    return None


def test_children_end_with_a_killed_master(lab):
    d = lab.daemon()
    children = wait_for("core, dhcp, tftp and privileged", lambda: len(d.roles()) == 4 and d.children(), 3)
    os.kill(d.process.pid, signal.SIGKILL)
    d.process.wait()
    wait_for("end of the children", lambda: all(map(ended, children)), 3)
    d.start()
    d.rpc().version()


def test_kill_9_loses_nothing_acknowledged(lab):
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    acknowledged, removed = {"n1"}, set()
    number = 0
    for round_ in range(6):
        s, token = d.login()
        stop = threading.Event()

        def work():
            nonlocal number
            with contextlib.suppress(Exception):
                while not stop.is_set():
                    number += 1
                    name = "k%d" % number
                    add(s, token, "system", {"name": name, "profile": "p", "modify_interface": interface(
                        "52:54:01:00:%02x:%02x" % divmod(number, 256))})
                    acknowledged.add(name)
                    if number % 5 == 0:
                        victim = "k%d" % (number - 1)
                        acknowledged.discard(victim)
                        s.remove_system(victim, token)
                        removed.add(victim)
        t = threading.Thread(target=work)
        t.start()
        time.sleep(0.15 + 0.07 * round_)
        d.kill()
        stop.set()
        t.join()
        d.start()
        names = {x["name"] for x in d.rpc().get_systems()}
        check(acknowledged <= names, "lost: %s" % sorted(acknowledged - names))
        check(not names & removed, "came back: %s" % sorted(names & removed))
        acknowledged |= names
    lab.note("%d systems over 6 kills" % number)
    left = [p.name for p in (d.root / "var/lib/cobbler/collections").rglob("*") if p.is_file() and not p.name.endswith(".json")]
    check(not left, "temporary files are left: %s" % left)


def test_a_damaged_file_is_set_aside(lab):
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    add_machine(s, token, fake_boot_files(lab), name="n2", mac="52:54:00:77:00:11", address="10.55.0.11")
    d.stop()
    folder = d.root / "var/lib/cobbler/collections/systems"
    (folder / "n2.json").write_text('{"name": "n2", "prof')
    d.start()
    check("n2.json" in d.log(), "the log names the file:\n" + d.tail())
    equal([x["name"] for x in d.rpc().get_systems()], ["n1"], "systems")
    kept = [p for p in (d.root / "var/lib/cobbler").rglob("*n2.json*") if p.is_file() and p.read_text() == '{"name": "n2", "prof']
    check(kept, "the damaged file is kept somewhere")


def test_unknown_fields_survive(lab):
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    d.stop()
    path = d.root / "var/lib/cobbler/collections/systems/n1.json"
    item = json.loads(path.read_text())
    item["x_local_field"] = {"a": [1, "two"]}
    path.write_text(json.dumps(item))
    d.start()
    s, token = d.login()
    handle = s.get_system_handle("n1", token)
    s.modify_system(handle, "comment", "changed", token)
    s.save_system(handle, token)
    stored = json.loads(path.read_text())
    equal((stored["comment"], stored.get("x_local_field")), ("changed", {"a": [1, "two"]}), "after a save")


def test_runs_without_root(lab):
    """High ports, no raw sockets: as the account nobody."""
    root = lab.tmp / "plain"
    d = Daemon(root, settings={"xmlrpc_port": 21151, "http_port": 18080},
               services={"dhcp": {"enabled": False}, "tftp": {"enabled": True, "address": "127.0.0.1", "port": 16969}})
    lab.daemons.append(d)
    account = pwd.getpwnam("nobody")
    for path in (root, *root.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid)
    d.log_path.touch()
    with open(d.log_path, "ab") as log:
        d.process = subprocess.Popen([COBBLERD, "--root", root, "--no-daemonize"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                     start_new_session=True, user="nobody", group=account.pw_gid, extra_groups=[])

    def ready():
        check(d.running, "ended:\n" + d.tail())
        with contextlib.suppress(OSError):
            return d.rpc().version()
    wait_for("answer", ready, 10)
    check(d.login()[1], "login")


def test_daemonizes_when_ready(lab):
    d = lab.daemon(start=False)
    r = subprocess.run([COBBLERD, "--root", d.root], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    equal(r.returncode, 0, "exit status of the starter: " + r.stderr)
    d.rpc().version()
    pid, = (pid for pid, parent in processes() if parent == 1 and str(d.root) in command_line(pid))
    os.kill(pid, signal.SIGTERM)
    wait_for("end", lambda: ended(pid), 2)


def test_says_ready_to_the_service_manager(lab):
    d = lab.daemon(start=False)
    path = str(lab.tmp / "notify")
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as s:
        s.bind(path)
        s.settimeout(60)
        os.environ["NOTIFY_SOCKET"] = path
        try:
            d.spawn()
        finally:
            del os.environ["NOTIFY_SOCKET"]
        check(b"READY=1" in s.recv(4096), "READY=1")
    d.rpc().version()
