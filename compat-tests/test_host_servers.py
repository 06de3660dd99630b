# SPDX-License-Identifier: GPL-2.0-or-later
"""External DHCP and DNS servers: a core without root writes their files and has them restarted. The daemon runs below /, on overlays that
only the test's mount namespace has."""
import concurrent.futures
import contextlib
import os
import pwd
import shutil
import socket
import struct
import subprocess
import time
import xmlrpc.client
from pathlib import Path

from fixtures import ADDRESS, MAC, add_machine, fake_boot_files
from lab import BRIDGE, COBBLERD, SERVER, Daemon, Skip, check, equal, task_end, wait_for

FOLDERS = ("etc", "var", "srv", "run", "usr/sbin")
BETWEEN = 3                              # seconds between two restarts, at least
DHCP_TEMPLATE = """subnet 10.55.0.0 netmask 255.255.255.0 {
    option subnet-mask 255.255.255.0;
}
#for $tag in $dhcp_tags.keys()
#for $mac in $dhcp_tags[$tag].keys()
host $dhcp_tags[$tag][$mac].name { hardware ethernet $mac; fixed-address $dhcp_tags[$tag][$mac].ip_address; }
#end for
#end for
"""
INIT = """#!/bin/sh
echo "$(date +%s.%N) $1" >> /run/restarts
grep -c ^host /etc/dhcp/dhcpd.conf >> /run/hosts
sleep 0.3
[ ! -e /run/refuse ] || { echo "the stand-in refuses"; exit 1; }
"""


class HostDaemon(Daemon):
    """cobblerd with / as its root."""

    def __init__(self, lab, settings):
        (lab.tmp / "host").mkdir()
        self.config = settings
        super().__init__(lab.tmp / "host", settings=settings, services={"dhcp": {"enabled": False}, "tftp": {"enabled": False}})
        self.log_path = lab.tmp / "host.log"
        lab.daemons.append(self)

    def configure(self):
        self.root = Path("/")
        for name in ("settings.yaml", "cobblerd.yaml", "users.digest", "modules.conf"):
            Path("/etc/cobbler", name).unlink(missing_ok=True)
        super().configure()

    def spawn(self, *more):
        self.log_start = self.log_path.stat().st_size if self.log_path.exists() else 0
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([COBBLERD, "--no-daemonize"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        return self


@contextlib.contextmanager
def host(lab):
    """Everything that is written below FOLDERS lands in memory and is gone afterwards."""
    memory = lab.tmp / "memory"
    memory.mkdir()
    mounted = []
    try:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", memory], check=True)
        mounted.append(memory)
        for name in FOLDERS:
            upper, work, target = memory / name / "upper", memory / name / "work", Path("/", name)
            if not target.is_dir():
                continue
            upper.mkdir(parents=True)
            work.mkdir()
            made = subprocess.run(["mount", "-t", "overlay", "overlay", "-o", "lowerdir=%s,upperdir=%s,workdir=%s" % (target, upper, work), target],
                                  capture_output=True, text=True)
            if made.returncode != 0:
                raise Skip("no overlay file systems here: " + made.stderr.strip())
            mounted.append(target)
        shutil.rmtree("/run/systemd", ignore_errors=True)          # scripts in /etc/init.d serve where systemd does not run the host
        for name in ("lib/cobbler", "log/cobbler", "www/cobbler"):
            shutil.rmtree(Path("/var", name), ignore_errors=True)
        shutil.rmtree("/etc/cobbler", ignore_errors=True)
        yield
    finally:
        for target in reversed(mounted):
            subprocess.run(["umount", "-l", target], check=True)


def put(path, text, mode=0o644):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
    os.chmod(path, mode)


def dhcpd_stand_in():
    """dhcpd as a package leaves it: its file, the program that checks it, the script that restarts it."""
    put("/etc/dhcp/dhcpd.conf", "# as it was\n")
    put("/etc/init.d/isc-dhcp-server", INIT, 0o755)
    put("/usr/sbin/dhcpd", "#!/bin/sh\nexit 0\n", 0o755)


def restarts_apart():
    """How many restarts there were: never two in less than three seconds, however many syncs and edits ask for them."""
    times = [float(line.split()[0]) for line in Path("/run/restarts").read_text().splitlines()]
    close = [b - a for a, b in zip(times, times[1:]) if b - a < BETWEEN]
    check(times and not close, "seconds between restarts: %s" % close)
    return len(times)


def managed(lab, **more):
    d = HostDaemon(lab, {"manage_dhcp": True, "manage_dhcp_v4": True, "restart_dhcp": True, **more})
    put("/etc/cobbler/dhcp.template", DHCP_TEMPLATE)
    return d.start()


def test_restarts_come_once_for_many_syncs(lab):
    with host(lab):
        dhcpd_stand_in()
        d = managed(lab)
        s, token = d.login()
        files = fake_boot_files(lab)
        add_machine(s, token, files)
        equal(task_end(s, s.background_sync({}, token))[0], "complete", "the first sync")
        equal(Path("/etc/dhcp/dhcpd.conf").stat().st_uid, 0, "owner of dhcpd.conf")
        check(MAC.lower() in Path("/etc/dhcp/dhcpd.conf").read_text().lower(), "the machine's line")
        for i in range(2, 12):
            add_machine(s, token, files, name="n%d" % i, mac="52:54:00:00:01:%02x" % i, address="10.55.0.%d" % (20 + i))
        began = time.monotonic()
        tasks = [s.background_syncsystems({"systems": ["n%d" % i]}, token) for i in range(2, 12)]
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            ends = list(pool.map(lambda t: task_end(d.rpc(), t), tasks))
        equal([e[0] for e in ends], ["complete"] * 10, "syncs; the last log: " + ends[-1][1])
        count = restarts_apart() - 1
        equal(Path("/run/hosts").read_text().split()[-1], "11", "machines that the server read at last")
        lab.note("10 syncs: %d restarts, %.1f s" % (count, time.monotonic() - began))


def test_files_follow_each_edit(lab):
    """Without a sync: dhcpd.conf is written before an edit is answered, and the server is restarted soon, once for many edits."""
    with host(lab):
        dhcpd_stand_in()
        d = managed(lab)
        s, token = d.login()
        files = fake_boot_files(lab)
        conf, restarts = Path("/etc/dhcp/dhcpd.conf"), Path("/run/restarts")
        add_machine(s, token, files)
        check("fixed-address %s" % ADDRESS in conf.read_text(), conf.read_text())
        wait_for("a restart", restarts.exists, 10)
        entry = Path("/srv/tftpboot/pxelinux.cfg/01-" + MAC.lower().replace(":", "-"))
        check("kernel" in entry.read_text().lower(), entry.read_text())
        equal(s.disable_netboot("n1"), True, "the end of an installation")
        check("localboot" in entry.read_text().lower(), entry.read_text())

        def add_some(i):
            mine, token = d.login()
            add_machine(mine, token, files, name="n%d" % i, mac="52:54:00:00:01:%02x" % i, address="10.55.0.%d" % (20 + i))
        add_machine(s, token, files, name="n2", mac="52:54:00:00:01:02", address="10.55.0.22")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(add_some, range(3, 35)))
        text = conf.read_text()
        check(all("10.55.0.%d;" % (20 + i) in text for i in range(2, 35)), text[-500:])
        s.xapi_object_edit("system", "n1", "rename", {"name": "n1", "newname": "moved"}, token)
        s.xapi_object_edit("system", "moved", "edit", {"name": "moved", "interface": "eth0", "ip_address": "10.55.0.99"}, token)
        check("fixed-address 10.55.0.99;" in conf.read_text() and "fixed-address 10.55.0.10;" not in conf.read_text(), conf.read_text()[-1500:])
        s.remove_profile("p", token, True)
        check("fixed-address" not in conf.read_text(), conf.read_text())
        left = list(Path("/srv/tftpboot").glob("pxelinux.cfg/01-*")) + list(Path("/srv/tftpboot").glob("grub/system/*"))
        equal(left, [], "boot files of what was removed with its profile")
        wait_for("the last restart", lambda: not [e for e in s.get_events("").values() if e[2] in ("running", "waiting")] or None, 20)
        n = restarts_apart()
        equal(Path("/run/hosts").read_text().split()[-1], "0", "hosts that the last restart saw")
        lab.note("40 edits: %d restarts" % n)


def test_a_tree_that_others_serve_follows_each_edit(lab):
    d = lab.daemon(services={"tftp": {"enabled": False}})
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    tree = d.root / "srv/tftpboot"
    entry = tree / "pxelinux.cfg" / ("01-" + MAC.lower().replace(":", "-"))
    equal((tree / "images/d/vmlinuz").read_bytes(), b"not a kernel\n", "the kernel")
    check("profile p" in (tree / "grub/x86_64_menu_items.cfg").read_text() or "'p'" in (tree / "grub/x86_64_menu_items.cfg").read_text(), "the menu")
    check("quiet2" not in entry.read_text(), "no such option yet")
    for kind, name, option in (("profile", "p", "quiet2"), ("distro", "d", "quiet3")):
        s.xapi_object_edit(kind, name, "edit", {"name": name, "kernel_options": option}, token)
        check(option in entry.read_text(), entry.read_text())
    s.remove_distro("d", token, True)
    check(not entry.exists() and not (tree / "images/d/vmlinuz").exists(), "what was removed with its distro")


def test_failures_are_told(lab):
    with host(lab):
        dhcpd_stand_in()
        put("/run/refuse", "")
        d = managed(lab)
        s, token = d.login()
        state, log = task_end(s, s.background_sync({}, token))
        equal(state, "failed", "a sync whose server did not come up")
        check("isc-dhcp-server" in log and "the stand-in refuses" in log, log)
        os.unlink("/run/refuse")
        put("/usr/sbin/dhcpd", "#!/bin/sh\necho line 1: semicolon expected\nexit 1\n", 0o755)
        before = Path("/run/restarts").read_text()
        add_machine(s, token, fake_boot_files(lab))
        state, log = task_end(s, s.background_sync({}, token))
        equal(state, "failed", "a sync whose configuration the server refuses")
        check("semicolon expected" in log, log)
        equal(Path("/run/restarts").read_text(), before, "restarts")
        os.unlink("/etc/init.d/isc-dhcp-server")
        put("/usr/sbin/dhcpd", "#!/bin/sh\nexit 0\n", 0o755)
        state, log = task_end(s, s.background_sync({}, token))
        check(state == "failed" and "no service of that kind is installed" in log, log)


def test_only_files_of_servers_are_written_as_root(lab):
    """Whatever the settings say: the core has no way to other files of root."""
    with host(lab):
        put("/etc/shadow-copy", "secret\n", 0o600)
        d = HostDaemon(lab, {"manage_dns": True, "restart_dns": False, "bind_chroot_path": "/etc/cron.d", "bind_zonefile_path": "/x",
                             "manage_forward_zones": ["lab.test"]})
        Path("/etc/cron.d/etc/bind").mkdir(parents=True, exist_ok=True)
        d.start()
        s, token = d.login()
        state, log = task_end(s, s.background_sync({"dns": True}, token))
        equal(state, "failed", "a sync that would write below /etc/cron.d")
        check("/etc/cron.d/etc/bind/named.conf" in log, log)
        equal(os.listdir("/etc/cron.d/etc/bind"), [], "files there")


def test_dhcpd(lab):
    """ISC dhcpd itself, by its own script."""
    if not Path("/usr/sbin/dhcpd").exists() or not Path("/etc/init.d/isc-dhcp-server").exists():
        raise Skip("no dhcpd: install the package isc-dhcp-server")
    with host(lab):
        put("/etc/default/isc-dhcp-server", 'INTERFACESv4="%s"\nINTERFACESv6=""\n' % BRIDGE)
        put("/etc/dhcp/dhcpd.conf", "subnet 10.55.0.0 netmask 255.255.255.0 { }\n")
        d = managed(lab)
        s, token = d.login()
        add_machine(s, token, fake_boot_files(lab))
        state, log = task_end(s, s.background_sync({"dhcp": True}, token))
        equal(state, "complete", log)
        offer = wait_for("offer of dhcpd", lambda: lab.client.discover(mac=MAC, timeout=0.5), 10)
        equal(offer.yiaddr, ADDRESS, "address")


def ask(name):
    """The address that the server on 127.0.0.1 gives for a name; None when it does not answer."""
    query = struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + b"".join(bytes([len(x)]) + x.encode() for x in name.split(".")) + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
        u.settimeout(0.5)
        u.connect(("127.0.0.1", 53))
        with contextlib.suppress(OSError):
            u.send(query)
            answer = u.recv(1500)
            return socket.inet_ntoa(answer[-4:]) if struct.unpack("!H", answer[6:8])[0] else None
    return None


def test_named(lab):
    """BIND itself, by its own script; it serves the zones of the machines."""
    if not Path("/usr/sbin/named").exists() or not Path("/etc/init.d/named").exists():
        raise Skip("no named: install the package bind9")
    with host(lab):
        d = HostDaemon(lab, {"manage_dns": True, "restart_dns": True, "bind_zonefile_path": "/var/lib/bind", "server": SERVER,
                             "manage_forward_zones": ["lab.test"], "manage_reverse_zones": ["10.55.0"]})
        d.start()
        s, token = d.login()
        add_machine(s, token, fake_boot_files(lab))
        handle = s.get_system_handle("n1", token)
        s.modify_system(handle, "modify_interface", {"dnsname-eth0": "n1.lab.test"}, token)
        s.save_system(handle, token)
        template = Path("/etc/cobbler/zone.template")
        template.write_text(template.read_text().replace("$cobbler_server.", "ns.lab.test.") + "\nns IN A 10.55.0.1\n")
        state, log = task_end(s, s.background_sync({"dns": True}, token))
        equal(state, "complete", log)
        equal(wait_for("answer of named", lambda: ask("n1.lab.test"), 10), ADDRESS, "address of n1")
        equal(pwd.getpwuid(Path("/etc/bind/named.conf").stat().st_uid).pw_name, "root", "owner of named.conf")


ZONE = """$TTL 60
@ IN SOA ns.lab.test. admin.lab.test. 1 60 60 60 60
@ IN NS ns.lab.test.
ns IN A 127.0.0.1
"""
SECRET = "c2VjcmV0IG9mIHRoZSBsYWJvcmF0b3J5IG9ubHk="
DYNAMIC = """options { directory "%(dir)s"; listen-on port 53 { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; pid-file none; session-keyfile none; };
controls { };
key "cobbler_update_key." { algorithm hmac-sha512; secret "%(secret)s"; };
zone "lab.test" { type master; file "%(dir)s/zone"; allow-update { key "cobbler_update_key."; }; };
"""


def test_names_are_updated_dynamically(lab):
    """A zone of BIND that takes signed updates: a system's name comes with it and goes with it."""
    if not shutil.which("named") or not shutil.which("nsupdate"):
        raise Skip("no named or nsupdate: install the packages bind9 and bind9-dnsutils")
    with host(lab):
        folder = Path("/run/zone")
        folder.mkdir()
        put(folder / "zone", ZONE)
        put(folder / "named.conf", DYNAMIC % {"dir": folder, "secret": SECRET})
        put("/etc/resolv.conf", "nameserver 127.0.0.1\n")
        log = open(folder / "log", "wb")
        named = subprocess.Popen(["named", "-g", "-c", folder / "named.conf"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for("answer of named", lambda: ask("ns.lab.test") == "127.0.0.1", 20)
            update_names(lab)
        finally:
            named.terminate()
            named.wait(60)


def update_names(lab):
    d = HostDaemon(lab, {"nsupdate_enabled": True, "nsupdate_tsig_algorithm": "HMAC-SHA512", "nsupdate_tsig_key": ["cobbler_update_key.", SECRET]})
    d.start()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    s.xapi_object_edit("system", "n1", "edit", {"name": "n1", "interface": "eth0", "dns_name": "n1.lab.test"}, token)
    equal(ask("n1.lab.test"), ADDRESS, "address of n1")
    s.xapi_object_edit("system", "n1", "edit", {"name": "n1", "interface": "eth0", "ip_address": "10.55.0.77"}, token)
    equal(ask("n1.lab.test"), "10.55.0.77", "address of n1 after it moved")
    s.remove_system("n1", token)
    equal(ask("n1.lab.test"), None, "address of n1 after it went")
    said = Path("/var/log/cobbler/nsupdate.log").read_text()
    check(">> replace n1: done" in said and ">> delete n1: done" in said, said)
    check(SECRET not in said + d.log(), "the secret in a log")
    d.reconfigure({"nsupdate_tsig_key": ["cobbler_update_key.", "d3JvbmcgYnV0IGxvbmcgZW5vdWdoIHRvIGJlIHNlY3VyZQ=="]})
    d.stop()
    d.start()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab), name="n2", mac="52:54:00:77:00:11", address="10.55.0.11")
    s.xapi_object_edit("system", "n2", "edit", {"name": "n2", "interface": "eth0", "dns_name": "n2.lab.test"}, token)
    d.wait_log("nsupdate failed for system n2: .*BADSIG")
    with contextlib.suppress(xmlrpc.client.Fault):
        s.remove_system("n2", token)
        check(False, "a system whose name stays in the zone was removed")
    check(s.find_system({"name": "n2"}) == ["n2"], "the system is still there")
