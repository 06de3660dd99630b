# SPDX-License-Identifier: GPL-2.0-or-later
"""The harness: namespaces, the daemon under test, QEMU machines.

in_namespaces() starts the calling program again with network, mount and process namespaces of its own. The daemon then uses its
real ports on a bridge that no one else sees, file systems can be mounted, and when the program ends, however it ends, the kernel
ends all it started.
"""
import contextlib
import hashlib
import http.client
import http.server
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import xmlrpc.client
from pathlib import Path

from clients import Client

REPO = Path(__file__).resolve().parent.parent
COBBLERD = Path(os.environ.get("COBBLERD", REPO / "build/cobblerd"))
SERVER, BRIDGE = "10.55.0.1", "br0"
OVMF = Path("/usr/share/OVMF")


PATIENCE = 6                             # a limit that a test is not about may be missed so many times before it fails


class Skip(Exception):
    """The test cannot run here; the text says why."""


class Failed(Exception):
    """What was expected did not happen."""


def check(condition, text):
    if not condition:
        raise Failed(text)


def equal(got, want, what):
    check(got == want, "%s: %r, expected %r" % (what, got, want))


def wait_for(what, probe, timeout):
    """The first true result of probe(), a state that stays. timeout: what is plenty on an idle machine; one that is busy gets PATIENCE times it."""
    end = time.monotonic() + PATIENCE * timeout
    while True:
        result = probe()
        if result:
            return result
        check(time.monotonic() < end, "no %s within %g s" % (what, timeout))
        time.sleep(0.02)


def slowness():
    """How many times as long as on an idle machine work takes just now: 1 when nobody else wants the processors."""
    began, used = time.monotonic(), time.thread_time()
    while time.thread_time() - used < 0.1:
        pass
    return max(1.0, (time.monotonic() - began) / 0.1)


def soon(seconds, limit, what):
    """A limit that is the test's subject: seconds below it, or below what the others on this machine make of it."""
    check(seconds < limit or seconds < 2 * limit * slowness(), "%s: %.2f s, less than %g expected" % (what, seconds, limit))


def in_namespaces():
    """Returns inside the namespaces. Outside it starts this program again in them, waits, tidies up and exits: what lies in the
    temporary folder is removed unless the inner program called keep().
    """
    if os.environ.get("COBBLER_LAB_INSIDE") == "1":
        return
    if os.geteuid() != 0:
        sys.exit("%s: network namespaces need root" % sys.argv[0])
    tmp = tempfile.mkdtemp(prefix="cobbler-lab-")
    os.chmod(tmp, 0o755)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells ignore it in background jobs
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    status = 1
    queue = [int(fd) for fd in os.environ.get("COBBLER_LAB_QUEUE", "").split()]
    inner = subprocess.Popen(["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable,
                              os.path.abspath(sys.argv[0]), *sys.argv[1:]], pass_fds=queue,
                             env={**os.environ, "COBBLER_LAB_INSIDE": "1", "TMPDIR": tmp})
    try:
        status = inner.wait()
    except KeyboardInterrupt:          # the inner program got it as well
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            status = inner.wait(5)
    finally:
        inner.kill()
        inner.wait()
        if not Path(tmp, ".keep").exists():
            shutil.rmtree(tmp, ignore_errors=True)
    sys.exit(status if status >= 0 else 128 - status)


def keep():
    """The temporary folder outlives this run."""
    Path(tempfile.gettempdir(), ".keep").touch()


def ip(*args):
    subprocess.run(["ip", *args], check=True)


def processes():
    """(pid, parent) of every process of this namespace."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                yield int(entry.name), int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])


def fault(call, *args):
    """The text of the fault that the call ends with."""
    try:
        result = call(*args)
    except xmlrpc.client.Fault as f:
        return f.faultString
    raise Failed("no fault but %r for %.200r" % (result, args))


def task_end(s, task, timeout=60):
    """(complete or failed, its log) of a task, which this waits for."""
    state = wait_for("end of " + task, lambda: s.get_task_status(task)[2] in ("complete", "failed") and s.get_task_status(task)[2], timeout)
    return state, s.get_event_log(task)


@contextlib.contextmanager
def serve(server):
    """server, of socketserver, answers meanwhile."""
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def http_server(address, port, handler, tls=None):
    """handler, a class of http.server, answers there meanwhile; tls: an SSL context."""
    server = http.server.ThreadingHTTPServer((address, port), handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    return serve(server)


def ended(pid):
    """It is gone, sockets and locks and all: also its threads, which may outlive the first one."""
    try:
        return (Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()[0] in "ZX"
                and len(os.listdir("/proc/%d/task" % pid)) <= 1)
    except OSError:
        return True


def command_line(pid):
    """Its words; none when it is gone."""
    try:
        return Path("/proc/%d/cmdline" % pid).read_text().split("\0")[:-1]
    except OSError:
        return []


class Network:
    """br0 with the server's address, tap0 for a machine, and a client host."""

    def __init__(self):
        ip("link", "set", "lo", "up")
        ip("link", "add", BRIDGE, "type", "bridge", "forward_delay", "0", "stp_state", "0")
        ip("addr", "add", SERVER + "/24", "dev", BRIDGE)
        ip("tuntap", "add", "tap0", "mode", "tap")
        ip("link", "set", "tap0", "master", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        ip("link", "set", "tap0", "up")
        self.client = Client(BRIDGE, "10.55.0.200", server=SERVER)
        threading.Thread(target=self.advertise, daemon=True).start()

    def advertise(self):
        """Answers IPv6 router solicitations with "no router here": iPXE would wait 13 s for an answer."""
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86DD))
        s.bind((BRIDGE, 0))
        own = s.getsockname()[4]
        source, all_nodes = socket.inet_pton(socket.AF_INET6, "fe80::1"), socket.inet_pton(socket.AF_INET6, "ff02::1")
        icmp = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 0, 0, 0)
        total = sum(struct.unpack("!20H", source + all_nodes + struct.pack("!II", len(icmp), 58))) + sum(struct.unpack("!8H", icmp))
        total = (total & 0xFFFF) + (total >> 16)
        icmp = icmp[:2] + struct.pack("!H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF) + icmp[4:]
        answer = b"\x33\x33\0\0\0\x01" + own + b"\x86\xdd" + struct.pack("!IHBB", 0x60000000, len(icmp), 58, 255)
        answer += source + all_nodes + icmp
        while True:
            frame = s.recv(2048)
            if len(frame) > 54 and frame[20] == 58 and frame[54] == 133:
                s.send(answer)


class UnixTransport(xmlrpc.client.Transport):
    """Keeps one connection; every call has a time limit."""

    def make_connection(self, host):
        if self._connection and host == self._connection[0]:
            return self._connection[1]
        self._connection = host, http.client.HTTPConnection(host, timeout=60)
        return self._connection[1]


class Daemon:
    """cobblerd below a root of its own. Configuration files are written only where there are none yet."""
    program = COBBLERD

    def __init__(self, root, settings=None, services=None, users=(("cobbler", "cobbler"),)):
        self.root = Path(root)
        self.settings = {"server": SERVER, "next_server_v4": SERVER, **(settings or {})}
        self.services = {
            "user": "nobody", "log_level": "info",
            "xmlrpc": {"address": "127.0.0.1"},
            "http": {"enabled": True, "address": "0.0.0.0"},
            "dhcp": {"enabled": True, "interfaces": [BRIDGE], "subnets": [{
                "subnet": "10.55.0.0/24", "range": ["10.55.0.100", "10.55.0.150"], "router": SERVER, "dns": [SERVER],
                "domain": "lab.test", "lease_time": 600}]},
            "tftp": {"enabled": True, "address": "0.0.0.0"},
            **(services or {})}
        self.users = dict(users)
        self.process = None
        self.log_path = self.root.parent / (self.root.name + ".log")
        self.log_start = 0
        self.configure()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.settings.get("xmlrpc_port", 25151)

    def write(self, rel, text):
        path = self.root / rel
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(text)

    def configure(self):
        self.root.mkdir(parents=True, exist_ok=True)
        os.chmod(self.root, 0o755)
        self.write("etc/cobbler/settings.yaml", json.dumps(self.settings, indent=1) + "\n")
        self.write("etc/cobbler/cobblerd.yaml", json.dumps(self.services, indent=1) + "\n")
        if self.users:
            self.write("etc/cobbler/users.digest", "".join("%s:Cobbler:%s\n" % (name, hashlib.sha3_512(password.encode()).hexdigest())
                                                           for name, password in self.users.items()))

    def reconfigure(self, settings=None, services=None):
        """Writes both files anew; the daemon notices at SIGHUP or at its next start."""
        self.settings.update(settings or {})
        self.services.update(services or {})
        for name, data in (("settings", self.settings), ("cobblerd", self.services)):
            (self.root / ("etc/cobbler/%s.yaml" % name)).write_text(json.dumps(data, indent=1) + "\n")

    def spawn(self, *more, prefix=()):
        """Starts it, by the program *prefix* where there is one, and does not wait."""
        check(COBBLERD.exists(), "%s is missing: run make" % COBBLERD)
        self.log_start = self.log_path.stat().st_size if self.log_path.exists() else 0
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([*prefix, self.program, "--root", self.root, "--no-daemonize", *more], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)
        return self

    def start(self, *more, timeout=20.0):
        """Starts it and waits until it answers."""
        self.spawn(*more)

        def ready():
            check(self.process.poll() is None, "cobblerd ended with status %s:\n%s" % (self.process.returncode, self.tail()))
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.rpc().version()
            return None
        try:
            wait_for("answer of cobblerd", ready, timeout)
        except Failed:
            self.kill()
            raise
        return self

    def rpc(self):
        return xmlrpc.client.ServerProxy(self.url, transport=UnixTransport(), allow_none=True)

    def login(self):
        """(proxy, token)"""
        s = self.rpc()
        return s, s.login("cobbler", "cobbler")

    def log(self):
        """What it wrote to standard error since it was last started."""
        with open(self.log_path, "rb") as f:
            f.seek(self.log_start)
            return f.read().decode("utf-8", "replace")

    def wait_log(self, pattern, timeout=5.0):
        return wait_for("line /%s/ in the log" % pattern, lambda: re.search(pattern, self.log()), timeout)

    def tail(self, lines=25):
        return "\n".join(self.log().splitlines()[-lines:])

    def roles(self):
        """{role: process id} of the children that have become what they are."""
        words = {pid: command_line(pid) for pid in self.children()}
        return {w[2]: pid for pid, w in words.items() if w[1:2] == ["--role"]}

    def children(self):
        return sorted(pid for pid, parent in processes() if parent == self.process.pid)

    def stop(self, timeout=5.0):
        """SIGTERM; (seconds, exit status)."""
        began = time.monotonic()
        self.process.terminate()
        try:
            status = self.process.wait(PATIENCE * timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed("cobblerd did not end within %g s of SIGTERM:\n%s" % (PATIENCE * timeout, self.tail())) from None
        return time.monotonic() - began, status

    def kill(self):
        """kill -9 of all its processes at once; returns when they are gone, and with them those that its children had started."""
        pids = [self.process.pid, *self.children()]
        more = [pid for pid, parent in processes() if parent in pids and pid not in pids and command_line(pid)[1:2] == ["--role"]]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        wait_for("end of the killed processes", lambda: all(map(ended, [*pids, *more])), 5)

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    # ---- the command line ----

    def cobbler(self, *args, status=0, timeout=120):
        """Runs the cobbler command against it; its output. status None: any."""
        r = subprocess.run([COBBLERD.parent / "cobbler", "--root", self.root, *map(str, args)], stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout)
        check(status is None or r.returncode == status, "cobbler %s: exit status %d, expected %s:\n%s" % (
            " ".join(map(str, args)), r.returncode, status, r.stdout[-3000:]))
        return r.stdout


class Machine:
    """A QEMU machine without a disk whose only card is on tap0; it boots from the network, or from a CD (then it has no card)."""

    def __init__(self, folder, mac, firmware="bios", nic="e1000", ram=512, rom=None, cdrom=None, kernel=None):
        """kernel: (file, initramfs, command line) to start right away."""
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.serial = self.folder / "serial.log"
        device = "%s,netdev=n0,mac=%s,bootindex=1" % (nic, mac) + ("" if rom is None else ",romfile=" + rom)
        cmd = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", str(ram), "-display", "none",
               "-serial", "file:%s" % self.serial, "-monitor", "none", "-no-reboot", "-rtc", "base=utc",
               "-uuid", "00112233-4455-6677-8899-aabbccddeeff", "-device", "virtio-rng-pci"]
        if cdrom is not None:
            cmd += ["-nic", "none", "-cdrom", str(cdrom)]
        else:
            cmd += ["-netdev", "tap,id=n0,ifname=tap0,script=no,downscript=no", "-device", device]
        if kernel is not None:
            cmd += ["-kernel", str(kernel[0]), "-initrd", str(kernel[1]), "-append", kernel[2]]
        if firmware == "bios":
            cmd += ["-machine", "pc", "-boot", "n" if cdrom is None else "d"]
        else:
            if not (OVMF / "OVMF_CODE_4M.fd").exists():
                raise Skip("no UEFI firmware: install the package ovmf")
            shutil.copy(OVMF / "OVMF_VARS_4M.fd", self.folder / "vars.fd")
            cmd += ["-machine", "q35", "-drive", "if=pflash,format=raw,unit=0,readonly=on,file=%s/OVMF_CODE_4M.fd" % OVMF,
                    "-drive", "if=pflash,format=raw,unit=1,file=%s/vars.fd" % self.folder]
        self.began = time.monotonic()
        with open(self.folder / "qemu.log", "wb") as log:
            self.process = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def console(self):
        return self.serial.read_bytes().decode("latin1") if self.serial.exists() else ""

    def wait(self, what, probe, timeout):
        """As wait_for with twice the time, but gives up at once when the machine ends; seconds since power-on."""
        def both():
            result = probe()
            if not result and self.process.poll() is not None:
                time.sleep(0.2)
                result = probe()
                errors = (self.folder / "qemu.log").read_text(errors="replace")
                check(result, "the machine went off before %s. %s\nconsole:\n%s" % (what, errors, self.tail()))
            return result
        try:
            wait_for(what, both, 2 * timeout / PATIENCE)
        except Failed as e:
            raise Failed("%s\nconsole:\n%s" % (e, self.tail())) from None
        return time.monotonic() - self.began

    def wait_console(self, pattern, timeout):
        return self.wait("/%s/ on the console" % pattern, lambda: re.search(pattern, self.console()), timeout)

    def tail(self, lines=15):
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()78=>].?|[\x00-\x08\x0e-\x1f]", "", self.console())
        return "\n".join([line.rstrip() for line in text.splitlines() if line.strip()][-lines:])

    def off(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Lab:
    """What one test gets: a folder of its own, daemons and machines that end with it, figures for its line of output."""

    def __init__(self, network, tmp):
        self.net, self.client, self.tmp = network, network.client, Path(tmp)
        self.daemons, self.machines, self.worlds, self.notes = [], [], [], []

    def daemon(self, name="root", start=True, **kw):
        d = Daemon(self.tmp / name, **kw)
        self.daemons.append(d)
        return d.start() if start else d

    def machine(self, mac, **kw):
        m = Machine(self.tmp / ("machine%d" % len(self.machines)), mac, **kw)
        self.machines.append(m)
        return m

    def media(self, kind):
        """A copy of the image of this kind where the unprivileged importer can read it."""
        import media
        image = media.cached(kind, REPO / "build/media")
        copy = self.tmp / image.name
        if not copy.exists():
            shutil.copy(image, copy)
        return copy

    def note(self, text):
        self.notes.append(text)

    def close(self):
        for w in self.worlds:
            w.stop()
        for m in self.machines:
            m.off()
        for d in self.daemons:
            if d.running:
                d.kill()
        if os.getpid() == 1:          # whatever else was started in this namespace
            for pid, _ in processes():
                if pid != 1:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
