# SPDX-License-Identifier: GPL-2.0-or-later
"""The program that installers send their logs with, as they get it from the server."""
import http.client
import subprocess
import sys

from fixtures import add_machine, fake_boot_files
from lab import check, equal


def get(path):
    c = http.client.HTTPConnection("127.0.0.1", 80, timeout=60)
    c.request("GET", path)
    r = c.getresponse()
    return r.status, r.read()


def test_logs_follow_the_files(lab):
    d = lab.daemon(settings={"anamon_enabled": True})
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab), autoinstall="sample.ks")
    equal(get("/cobbler/misc/anamon.init")[0], 200, "the init script")
    status, text = get("/cobbler/misc/anamon")
    equal(status, 200, "the program")
    program, log = lab.tmp / "anamon", lab.tmp / "some.log"
    program.write_bytes(text)

    def send(name="n1", *more):
        r = subprocess.run([sys.executable, program, "--fg", "--exit", "--debug", "--name", name, "--server", "127.0.0.1", "--watchfile", str(log),
                            *more], capture_output=True, text=True, timeout=60)
        equal(r.returncode, 0, r.stderr)
        return r.stderr
    kept = d.root / "var/log/cobbler/anamon/n1/some.log"
    for content in (b"x" * 700000 + b"end\n", b"short\n", b""):
        log.write_bytes(content)
        send()
        if content:
            equal(kept.read_bytes(), content, "what the server has")
    log.write_text("again\n")
    check("False" in send("nosuch"), "a system that is none")
    equal(get("/cblr/svc/op/trig/mode/pre/system/n1")[0], 200, "the beginning of an installation")
    check(not kept.exists(), "logs of the installation before")
    wrong = subprocess.run([sys.executable, program, "--junk"], capture_output=True, text=True)
    check(wrong.returncode == 1 and "--junk is not understood" in wrong.stderr, wrong.stderr)
    for line in ('/tmp/anamon --name "n1" --server "10.55.0.1" --port "80"', "chmod 755 /usr/local/sbin/anamon", 'exec $$p /usr/local/sbin/anamon --fg'):
        check(line in get("/cblr/svc/op/autoinstall/system/n1")[1].decode(), line)
