# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole host for one server: network, /etc, /var and /srv of its own, so that clients which know only the fixed places
(/etc/cobbler, /var/lib/cobbler/web.ss, port 80) can be driven against cobblerd and against Python Cobbler 3.3.7 side by side.

PYTHON_COBBLER names the source tree (or installation) of Python Cobbler 3.3.7 with bin/cobbler and the package cobbler; tests that
need it SKIP without it. Run as a program, this file is the inside of a World: it mounts, starts the server, and then obeys one JSON
request a line on standard input.
"""
import contextlib
import http.client
import http.server
import json
import os
import shutil
import socketserver
import subprocess
import sys
import threading
import time
import xmlrpc.client
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
SITE = REPO.parent / "shared/golden/site"
SOURCE = os.environ.get("PYTHON_COBBLER", "")
TYPES = ("distro", "profile", "system", "repo", "mgmtclass", "package", "file", "menu", "image")
URL = "http://127.0.0.1:25151"


def plural(kind):
    return kind + ("es" if kind == "mgmtclass" else "s")


def missing():
    """Why Python Cobbler cannot be run here; None if it can."""
    if not SOURCE:
        return "PYTHON_COBBLER names no source tree of Python Cobbler 3.3.7"
    if not Path(SOURCE, "cobbler/cobblerd.py").exists():
        return "PYTHON_COBBLER=%s has no cobbler/cobblerd.py" % SOURCE
    if not SITE.exists():
        return "no recorded site beside this checkout (../shared/golden/site)"
    return None


# ---- outside ----

class World:
    """One server, "ours" or "python", on a copy of a site (a folder with etc/cobbler and var/lib/cobbler), more laid over it."""

    def __init__(self, root, kind, site=SITE, more=None):
        self.root = Path(root)
        self.process = None
        self.root.mkdir(parents=True)
        os.chmod(self.root, 0o755)
        shutil.copytree(site, self.root, dirs_exist_ok=True, symlinks=True, ignore=shutil.ignore_patterns(".work-*"))
        subprocess.run(["chmod", "-R", "u+w", self.root], check=True)
        if more:
            shutil.copytree(more, self.root, dirs_exist_ok=True)
        self.write("srv/boot/vmlinuz", "not a kernel\n")
        self.write("srv/boot/initrd.img", "not a ram disk\n")
        self.start(kind)

    def write(self, rel, text):
        path = self.root / rel
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def start(self, kind):
        """Starts a server on what is there; after stop() also the other one."""
        with open(self.root / "world.log", "ab") as log:
            self.process = subprocess.Popen(["unshare", "--net", "--mount", "--propagation", "private", sys.executable, __file__,
                                             self.root, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        answer = self.process.stdout.readline()
        if answer != "\"ready\"\n":
            self.process.kill()
            raise RuntimeError("%s did not start: %s%s" % (kind, answer, (self.root / "world.log").read_text()[-3000:]))

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the server's host ended: " + (self.root / "world.log").read_text()[-3000:])
        return json.loads(line)

    def command(self, cli, words):
        """Runs the command line cli ("python" or "ours"): (exit status, standard output, standard error)."""
        return tuple(self.ask(cli=cli, words=words))

    def call(self, method, *params):
        """An XML-RPC call; a fault is {"fault": text}. "TOKEN" among the parameters is a token of cobbler's."""
        return self.ask(method=method, params=params)

    def stop(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait(120)
            self.process = None


# ---- inside ----

def overlay(root):
    for name in ("etc", "var", "srv"):
        upper, work = root / name, root / (".work-" + name)
        shutil.rmtree(work, ignore_errors=True)
        upper.mkdir(exist_ok=True)
        work.mkdir()
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", "lowerdir=/%s,upperdir=%s,workdir=%s" % (name, upper, work),
                        "/" + name], check=True)


def fence_agents(root):
    """Agents that always succeed, in place of those of the host. Python Cobbler's command line wants that of its default type."""
    agents = root / "sbin"
    agents.mkdir(exist_ok=True)
    for name in ("ipmilan", "ipmilanplus"):
        agent = agents / ("fence_" + name)
        agent.write_text("#!/bin/sh\necho Status: ON\n")
        agent.chmod(0o755)
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", "lowerdir=%s:/usr/sbin" % agents, "/usr/sbin"], check=True)


def python_folders():
    """What a package of Python Cobbler brings along besides its code."""
    lib = Path("/var/lib/cobbler")
    folders = [lib / x for x in ("loaders", "web", "grub_config/grub/system", "grub_config/grub/system_link")]
    for kind in TYPES:
        folders.append(lib / "collections" / plural(kind))
        folders += [lib / "triggers" / t / kind / w for t in ("add", "delete", "task") for w in ("pre", "post")]
    folders += [lib / "triggers" / t / w for t in ("install", "sync") for w in ("pre", "post")] + [lib / "triggers/change"]
    folders += [Path("/var/log/cobbler") / x for x in ("kicklog", "syslog", "anamon", "tasks")]
    folders += [Path("/srv/www/cobbler") / x for x in ("localmirror", "repo_mirror", "distro_mirror/config", "links", "misc", "pub",
                                                       "rendered", "images", "svc")]
    folders += [Path("/srv/tftpboot") / x for x in ("boot", "etc", "images", "images2", "ppc", "s390x", "pxelinux.cfg", "ipxe",
                                                    "grub/system", "grub/system_link")]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    if not Path("/etc/cobbler/version").exists():
        shutil.copy(Path(SOURCE, "config/version"), "/etc/cobbler/version")


class Proxy(http.server.BaseHTTPRequestHandler):
    """The web server's part for command lines: /cobbler_api is the daemon."""

    def do_POST(self):
        c = http.client.HTTPConnection("127.0.0.1", 25151)
        c.request("POST", "/", self.rfile.read(int(self.headers["Content-Length"])), {"Content-Type": "text/xml"})
        r = c.getresponse()
        body = r.read()
        self.send_response(r.status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


def start_server(kind):
    if kind == "ours":
        # Python's command line asks for objects without its token, by way of port 80.
        settings = {"anonymous_secrets": True, "user": "root", "http": {"address": "127.0.0.1"}, "tftp": {"enabled": False}, "dhcp": {"enabled": False}}
        Path("/etc/cobbler/cobblerd.yaml").write_text(json.dumps(settings))
        words = [os.environ.get("COBBLERD", REPO / "build/cobblerd"), "--no-daemonize"]
    else:
        threading.Thread(target=Server(("127.0.0.1", 80), Proxy).serve_forever, daemon=True).start()
        words = [sys.executable, Path(SOURCE, "bin/cobblerd"), "-F", "-l", "INFO"]
    server = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    for _ in range(1200):
        if server.poll() is not None:
            raise SystemExit("%s ended with status %d" % (words[0], server.returncode))
        with contextlib.suppress(OSError, xmlrpc.client.Error):
            xmlrpc.client.ServerProxy(URL).version()
            return server
        time.sleep(0.1)
    server.kill()
    raise SystemExit("%s gives no answer" % words[0])


class WholeLines:
    """The log as 3.3.7's command line reads it while a server writes it: line by line, without a pause. It would take the begin of a line for
    a line, and what follows for one of another task; when that line was the task's last one it waits for ever. That happens where a line crosses
    the border of a page, whichever server writes. Here a line is there when its end is.
    """

    def __init__(self, path):
        self.file = open(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def tell(self):
        return self.file.tell()

    def seek(self, at):
        self.file.seek(at)

    def readline(self):
        at = self.file.tell()
        line = self.file.readline()
        if line.endswith("\n"):
            return line
        self.file.seek(at)
        time.sleep(0.005)
        return ""


def open_whole(path, *args, **kw):
    return WholeLines(path) if path == "/var/log/cobbler/cobbler.log" else open(path, *args, **kw)


def python_cli(words, out, err):
    """Runs Python Cobbler's command line in a child of this process, whose modules are loaded; its exit status."""
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)
        sys.argv = ["cobbler", *words]
        status = 70
        try:
            import cobbler.cli
            cobbler.cli.open = open_whole
            status = cobbler.cli.main()
        except SystemExit as e:
            status = e.code if isinstance(e.code, int) else 0 if e.code is None else 1
        except BaseException:
            import traceback
            traceback.print_exc()
            status = 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status & 255)
    end = time.monotonic() + 300
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            return -9
        time.sleep(0.003)


def run_cli(which, words):
    import tempfile
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        if which == "python":
            status = python_cli(words, out, err)
        else:
            try:
                status = subprocess.run([REPO / "build/cobbler", *words], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                        timeout=300).returncode
            except subprocess.TimeoutExpired:
                status = -9
        texts = []
        for f in (out, err):
            f.seek(0)
            texts.append(f.read().decode("utf-8", "replace"))
        return [status, *texts]


def inside(root, kind):
    overlay(Path(root))
    fence_agents(Path(root))
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    os.chdir("/srv")
    if SOURCE:
        os.environ["PYTHONPATH"] = SOURCE
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        sys.path.insert(0, SOURCE)
        python_folders()
    replies, sys.stdout = sys.stdout, sys.stderr
    server = start_server(kind)
    try:
        serve(replies)
    finally:
        server.terminate()
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()


def serve(replies):
    if SOURCE:
        import cobbler.cli  # noqa: F401  loaded once, before the children
    rpc = xmlrpc.client.ServerProxy(URL, allow_none=True)
    token = None
    print('"ready"', file=replies, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "cli" in request:
            answer = run_cli(request["cli"], request["words"])
        else:
            try:
                token = token or rpc.login("cobbler", "cobbler")
                answer = getattr(rpc, request["method"])(*[token if p == "TOKEN" else p for p in request["params"]])
            except xmlrpc.client.Fault as f:
                answer = {"fault": f.faultString}
        print(json.dumps(answer), file=replies, flush=True)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    inside(*sys.argv[1:3])
