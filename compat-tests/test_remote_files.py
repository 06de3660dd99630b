# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels and ramdisks that a distro names by their address on another server: this one has copies for machines that only do TFTP."""
import contextlib
import hashlib
import http.server
import re
import socket
import socketserver
import threading
import time

import media
from fixtures import add, fake_boot_files
from lab import check, equal, serve, soon, wait_for


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        mine = self.server.mine
        mine.asked.append(self.path)
        mine.gate.wait(600)
        data = mine.files.get(self.path)
        if data is None:
            self.send_error(404)
            return
        tag = '"%s"' % hashlib.md5(data).hexdigest()
        if mine.tags and self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.end_headers()
            return
        mine.sent.append(self.path)
        self.send_response(200)
        if mine.tags:
            self.send_header("ETag", tag)
        if self.path.endswith(".gz"):
            self.send_header("Content-Encoding", "x-gzip")         # as Apache does; the file is to arrive as it is
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:-1] if mine.tear else data)
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True


class Elsewhere:
    """Another server's files; gate: closed, it gives no answer."""

    def __init__(self, port=8741):
        self.files, self.asked, self.sent, self.tags, self.tear = {}, [], [], True, False
        self.gate = threading.Event()
        self.gate.set()
        self.port = port
        self.url = "http://127.0.0.1:%d" % port

    def __enter__(self):
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.server.mine = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()


class Ftp(socketserver.StreamRequestHandler):
    """files: path -> bytes; says: path -> the size that it announces where that is not the file's."""
    files, says, asked, pasv = {}, {}, [], "127,0,0,1"

    def handle(self):
        data, folder = None, ""
        self.reply("220 ready")
        for line in self.rfile:
            word, _, arg = line.decode("latin-1").strip().partition(" ")
            word, path = word.upper(), "%s/%s" % (folder, arg)
            folder = path if word == "CWD" else folder
            Ftp.asked.append("%s %s" % (word, arg))
            size = self.says.get(path, len(self.files.get(path, b"")))
            if word in ("SIZE", "MDTM", "RETR") and path not in self.files:
                self.reply("550 no such file")
            elif word in ("PASV", "EPSV"):
                data = socket.create_server(("127.0.0.1", 0))
                port = data.getsockname()[1]
                self.reply("229 ok (|||%d|)" % port if word == "EPSV" and not self.pasv.startswith("169") else
                           "500 what" if word == "EPSV" else "227 ok (%s,%d,%d)" % (self.pasv, port >> 8, port & 255))
            elif word == "RETR":
                data.settimeout(20)
                peer = data.accept()[0]
                self.reply("150 here it is (%d bytes)" % size)
                with contextlib.suppress(OSError):
                    peer.sendall(self.files[path])
                peer.close()
                data.close()
                self.reply("226 done")
            else:
                self.reply({"USER": "331 and", "PASS": "230 in", "PWD": '257 "/"', "SIZE": "213 %d" % size, "MDTM": "213 20250102030405",
                            "QUIT": "221 bye"}.get(word, "200 ok"))

    def reply(self, text):
        with contextlib.suppress(OSError):
            self.wfile.write(text.encode() + b"\r\n")


def tftp(lab, path):
    with contextlib.suppress(Exception):
        return lab.client.tftp(path)[0]
    return None


class FtpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


def sync_alone(d):
    """Not beside the task that fetches for a distro just saved."""
    while True:
        out = d.cobbler("sync", status=None)
        if "just being fetched" not in out:
            return out
        time.sleep(0.2)


def copies(d):
    return sorted(p.name for p in (d.root / "var/lib/cobbler/remote_boot_files").iterdir())


def remote_distro(s, token, url, name="far", **more):
    add(s, token, "distro", {"name": name, "kernel": url + "/vmlinuz", "initrd": url + "/initrd.gz", "arch": "x86_64", "breed": "debian",
                             "os_version": "bookworm", **more})


def test_a_distro_whose_files_are_elsewhere(lab):
    d = lab.daemon()
    s, token = d.login()
    kernel, initrd = (p.read_bytes() for p in media.installer_files())
    images, web = d.root / "srv/tftpboot/images/far", d.root / "var/www/cobbler/images/far"
    with Elsewhere() as far:
        far.files = {"/vmlinuz": kernel, "/initrd.gz": initrd}
        remote_distro(s, token, far.url)
        add(s, token, "profile", {"name": "far", "distro": "far", "enable_menu": True})
        wait_for("the kernel by TFTP", lambda: tftp(lab, "/images/far/vmlinuz") == kernel, 30)
        wait_for("the ramdisk by TFTP", lambda: tftp(lab, "/images/far/initrd.gz") == initrd, 30)
        wait_for("both below the TFTP root", lambda: images.exists() and len(list(images.iterdir())) == 2, 10)
        text = lab.client.tftp("/pxelinux.cfg/default")[0].decode()
        check("kernel %s/vmlinuz" % far.url in text, "PXELINUX gets the address, as in Cobbler:\n" + text)
        text = lab.client.tftp("/grub/x86_64_menu_items.cfg")[0].decode()
        check("/images/far/vmlinuz" in text and "/images/far/initrd.gz" in text, "GRUB cannot name a port:\n" + text)
        for _ in range(2):
            d.cobbler("sync")
        equal(sorted(far.sent), ["/initrd.gz", "/vmlinuz"], "files that were sent")
        check(len(far.asked) >= 6, "every sync asks: %s" % far.asked)
        check((images / "vmlinuz").read_bytes() == kernel and (web / "initrd.gz").read_bytes() == initrd, "what a sync leaves")
        far.files["/vmlinuz"] = b"the second kernel"
        d.cobbler("sync")
        equal((images / "vmlinuz").read_bytes(), b"the second kernel", "after a change at the other server")
        equal(tftp(lab, "/images/far/vmlinuz"), b"the second kernel", "by TFTP")
        far.files["/vmlinuz"] = b"the third kernel"
        far.tear = True
        out = d.cobbler("sync")
        check("copy that was fetched before stays" in out and "vmlinuz" in out, out)
        equal((images / "vmlinuz").read_bytes(), b"the second kernel", "after an answer that was torn")
        far.tear, far.files["/vmlinuz"] = False, b""
        check("copy that was fetched before stays" in d.cobbler("sync"), "an empty file")
        del far.files["/vmlinuz"]
        check("404" in d.cobbler("sync"), "a file that has gone")
        equal((images / "vmlinuz").read_bytes(), b"the second kernel", "what stays")
    out = d.cobbler("sync")
    check("copy that was fetched before stays" in out and far.url in out, "a server that is down:\n" + out)
    equal(tftp(lab, "/images/far/vmlinuz"), b"the second kernel", "by TFTP")
    equal(len(copies(d)), 4, "copies and what is known of them")
    s.remove_distro("far", token, True)
    d.cobbler("sync")
    equal((copies(d), images.exists(), list(web.iterdir()) if web.exists() else []), ([], False, []), "after the distro is gone")


def test_files_that_cannot_be_had(lab):
    """The sync fails and says why; what it could write is written. Clouds' secrets are not fetched."""
    d = lab.daemon()
    s, token = d.login()
    kernel, initrd = fake_boot_files(lab)
    add(s, token, "distro", {"name": "near", "kernel": str(kernel), "initrd": str(initrd), "arch": "x86_64"})
    for name, url in (("down", "http://127.0.0.1:8742"), ("secret", "http://169.254.169.254"), ("user", "http://u:passw0rd@127.0.0.1:8742")):
        remote_distro(s, token, url, name)
        began = time.monotonic()
        out = sync_alone(d)
        soon(time.monotonic() - began, 10, "a sync beside a dead server")
        check("TASK FAILED" in out and "Error while getting remote file" in out and name in out and "passw0rd" not in out, out)
        check((d.root / "srv/tftpboot/images/near/vmlinuz").exists(), "the files of another distro")
        check((d.root / "srv/tftpboot/pxelinux.cfg/default").exists(), "the menu")
        s.remove_distro(name, token, True)
    d.cobbler("sync")
    check("passw0rd" not in d.log(), "a password in the log")


def test_a_slow_server_holds_nobody_up(lab):
    d = lab.daemon(settings={"tftpboot_location": "/srv/tftpboot"}, services={"tftp": {"enabled": False}})
    s, token = d.login()
    kernel, initrd = fake_boot_files(lab)
    add(s, token, "distro", {"name": "near", "kernel": str(kernel), "initrd": str(initrd), "arch": "x86_64"})
    with Elsewhere() as far:
        far.files = {"/vmlinuz": b"kernel", "/initrd.gz": b"ramdisk"}
        far.gate.clear()
        remote_distro(s, token, far.url)
        wait_for("a request", lambda: far.asked, 10)
        add(s, token, "profile", {"name": "p", "distro": "near", "enable_menu": True})
        out = d.cobbler("sync")
        check("just being fetched" in out and "TASK COMPLETE" in out, out)
        equal(far.sent, [], "what the slow server has sent by then")
        check("near" in (d.root / "srv/tftpboot/pxelinux.cfg/default").read_text(), "what was synced")
        far.gate.set()
        wait_for("the kernel", lambda: (d.root / "srv/tftpboot/images/far/vmlinuz").exists(), 20)
    equal((d.root / "srv/tftpboot/images/far/initrd.gz").read_bytes(), b"ramdisk", "the ramdisk")


class Drip(socketserver.BaseRequestHandler):
    """Sends a byte now and then."""

    def handle(self):
        with contextlib.suppress(OSError):
            self.request.recv(65536)
            length = self.server.announced
            self.request.sendall(b"HTTP/1.1 200 OK\r\n" + (b"Content-Length: %d\r\n" % length if length else b"") + b"\r\n")
            while True:
                self.request.sendall(b"x")
                time.sleep(0.1)


class DripServer(socketserver.ThreadingTCPServer):
    daemon_threads, allow_reuse_address = True, True

    def __init__(self, port, announced):
        super().__init__(("127.0.0.1", port), Drip)
        self.announced = announced


def test_a_server_that_sends_a_byte_now_and_then(lab):
    """It is given up soon, is named, and holds up neither the other distros nor the sync for long."""
    d = lab.daemon(settings={"tftpboot_location": "/srv/tftpboot"}, services={"tftp": {"enabled": False}})
    s, token = d.login()
    with Elsewhere() as far, serve(DripServer(8752, 1 << 30)):
        far.files = {"/vmlinuz": b"kernel", "/initrd.gz": b"ramdisk"}
        remote_distro(s, token, far.url)
        remote_distro(s, token, "http://127.0.0.1:8752", name="a-drip")
        began = time.monotonic()
        out = sync_alone(d)
        took = time.monotonic() - began
    lab.note("the task that fetches, and the sync: %.0f s" % took)
    check(took < 240, "the sync took %g s" % took)
    check(re.search(r"(?i)a-drip.*too slow", out), "the slow server's distro is not named:\n%s" % out)
    equal((d.root / "srv/tftpboot/images/far/initrd.gz").read_bytes(), b"ramdisk", "the other server's ramdisk")


def test_servers_without_tags(lab):
    """By the time of the last change; where there is not even that, each sync fetches."""
    d = lab.daemon()
    s, token = d.login()
    with Elsewhere() as far:
        far.tags = False
        far.files = {"/vmlinuz": b"kernel", "/initrd.gz": b"ramdisk"}
        remote_distro(s, token, far.url)
        wait_for("both", lambda: len(far.sent) == 2, 10)
        far.files["/vmlinuz"] = b"kernel two"
        sync_alone(d)
    equal((d.root / "srv/tftpboot/images/far/vmlinuz").read_bytes(), b"kernel two", "the kernel")
    folder = lab.tmp / "share"
    folder.mkdir()
    for name in ("vmlinuz", "initrd.gz"):
        (folder / name).write_bytes(b"old")

    class Files(http.server.SimpleHTTPRequestHandler):
        sent = []

        def __init__(self, *words):
            super().__init__(*words, directory=str(folder))

        def send_response(self, code, message=None):
            Files.sent.append(code)
            super().send_response(code, message)

        def log_message(self, *_):
            pass
    server = Server(("127.0.0.1", 8743), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    remote_distro(s, token, "http://127.0.0.1:8743", "dated")
    wait_for("both", lambda: len(Files.sent) == 2, 10)
    sync_alone(d)
    equal(Files.sent, [200, 200, 304, 304], "answers")
    server.shutdown()


def test_boot_files_of_s390x(lab):
    """z/VM's loader reads names of files on the TFTP server, whatever the distro says."""
    d = lab.daemon()
    s, token = d.login()
    with Elsewhere() as far:
        far.files = {"/vmlinuz": b"kernel", "/initrd.gz": b"ramdisk"}
        remote_distro(s, token, far.url, arch="s390x")
        add(s, token, "profile", {"name": "far", "distro": "far"})
        add(s, token, "system", {"name": "machine001", "profile": "far", "netboot_enabled": True,
                                 "modify_interface": {"macaddress-eth0": "52:54:00:99:00:01"}})
        sync_alone(d)
        text = next((d.root / "srv/tftpboot/s390x").glob("s_linux*[0-9]")).read_text()
        equal(text, "/images/far/vmlinuz\n/images/far/initrd.gz\n", "the loader's file")
        for line, want in zip(text.split(), (b"kernel", b"ramdisk")):
            equal((d.root / "srv/tftpboot" / line.lstrip("/")).read_bytes(), want, line)
            equal(tftp(lab, line), want, line + " by TFTP")


def test_an_edit_does_not_ask_other_servers(lab):
    """An address that cannot be reached is accepted: the server may come later. compat: 3.3.7 refuses it."""
    d = lab.daemon()
    s, token = d.login()
    remote_distro(s, token, "http://127.0.0.1:8744")
    wait_for("a task that failed", lambda: [e for e in s.get_events("").values() if "remote boot files" in e[1] and e[2] == "failed"], 20)


def test_files_by_ftp(lab):
    """As it says, whole, and no more than that."""
    d = lab.daemon()
    s, token = d.login()
    Ftp.files, Ftp.says = {"/pub/vmlinuz": b"kernel", "/pub/initrd.gz": b"ramdisk"}, {}
    Ftp.pasv = "169,254,169,254"                # not asked: the data come from where the words do
    with serve(FtpServer(("127.0.0.1", 8745), Ftp)):
        remote_distro(s, token, "ftp://127.0.0.1:8745/pub")
        images = d.root / "srv/tftpboot/images/far"
        wait_for("both", lambda: (images / "initrd.gz").exists() and (images / "vmlinuz").exists(), 20)
        equal(((images / "vmlinuz").read_bytes(), (images / "initrd.gz").read_bytes()), (b"kernel", b"ramdisk"), "what came")
        equal(tftp(lab, "/images/far/vmlinuz"), b"kernel", "by TFTP")
        Ftp.asked.clear()
        out = sync_alone(d)
        check("RETR" not in " ".join(Ftp.asked) and len(Ftp.asked) > 0, "a file that has not changed is not fetched: %s\n%s" % (Ftp.asked, out))


def test_answers_that_are_not_as_long_as_they_say(lab):
    d = lab.daemon()
    s, token = d.login()
    Ftp.pasv = "127,0,0,1"
    with serve(FtpServer(("127.0.0.1", 8745), Ftp)):
        for name, said, text in (("less", 100, "bytes"), ("huge", 5 << 30, "larger than 4294967296 bytes")):
            Ftp.files, Ftp.says = {"/vmlinuz": b"kernel", "/initrd.gz": b"ramdisk"}, {"/vmlinuz": said}
            Ftp.asked.clear()
            remote_distro(s, token, "ftp://127.0.0.1:8745", name)
            out = sync_alone(d)
            lines = [x for x in out.splitlines() if "Error while getting remote file" in x]
            check(lines and re.search(text, lines[0]), "%s: %s" % (name, out))
            check(not (d.root / "srv/tftpboot/images" / name / "vmlinuz").exists(), "a file that is not whole")
            check(name != "huge" or "RETR vmlinuz" not in Ftp.asked, "%s" % Ftp.asked)
            s.remove_distro(name, token, True)
        Ftp.says = {"/vmlinuz": 3}
        remote_distro(s, token, "ftp://127.0.0.1:8745", "more")
        sync_alone(d)
        equal((d.root / "srv/tftpboot/images/more/vmlinuz").read_bytes(), b"ker", "what comes behind the end")


class Odd(http.server.BaseHTTPRequestHandler):
    """Answers as an attacker would."""
    protocol_version = "HTTP/1.1"
    got = []

    def do_GET(self):
        Odd.got.append(self.path)
        word = self.path.split("/")[1]
        self.close_connection = True
        if word == "huge":
            self.answer(200, b"x" * 100, ("Content-Length", str(5 << 30)))
        elif word == "unchanged":
            self.answer(304, b"")
        elif word == "empty":
            self.answer(200, b"", ("Content-Length", "0"))
        elif word == "part":
            self.answer(206, b"part", ("Content-Length", "4"))
        elif word == "more":
            self.answer(200, b"kernel and more", ("Content-Length", "6"))
        elif word == "loop":
            self.answer(302, b"", ("Content-Length", "0"), ("Location", self.path))
        elif word == "secret":
            self.answer(302, b"", ("Content-Length", "0"), ("Location", "http://169.254.169.254/"))
        elif word == "file":
            self.answer(302, b"", ("Content-Length", "0"), ("Location", "file:///etc/passwd"))
        elif word == "ftp":
            self.answer(302, b"", ("Content-Length", "0"), ("Location", "ftp://127.0.0.1:8745/vmlinuz"))
        elif word == "headers":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            with contextlib.suppress(OSError):
                for _ in range(100000):
                    self.wfile.write(b"X-Y: " + b"z" * 900 + b"\r\n")

    def answer(self, status, data, *headers):
        self.send_response(status)
        for h in headers:
            self.send_header(*h)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(data)

    def log_message(self, *_):
        pass


def test_servers_with_strange_answers(lab):
    """Each is told by its address and what is wrong, soon; none brings a file, or one of another protocol."""
    d = lab.daemon()
    s, token = d.login()
    with serve(Server(("127.0.0.1", 8746), Odd)):
        for word, text in (("huge", "larger than 4294967296 bytes"), ("unchanged", "304"), ("empty", "empty/vmlinuz: it is empty"), ("part", "206"),
                           ("loop", "edirects"), ("secret", "onnect"), ("file", "rotocol"), ("ftp", "rotocol"), ("headers", "eader")):
            remote_distro(s, token, "http://127.0.0.1:8746/%s" % word, word)
            began = time.monotonic()
            out = sync_alone(d)
            lines = [x for x in out.splitlines() if "Error while getting remote file" in x and "%s/vmlinuz" % word in x]
            check(lines and re.search(text, lines[0].split("vmlinuz): ")[1]), "%s: %s" % (word, out))
            soon(time.monotonic() - began, 15, word)
            check(not (d.root / "srv/tftpboot/images" / word / "vmlinuz").exists(), "a file of " + word)
            s.remove_distro(word, token, True)
        remote_distro(s, token, "http://127.0.0.1:8746/more", "more")
        sync_alone(d)
        equal((d.root / "srv/tftpboot/images/more/vmlinuz").read_bytes(), b"kernel", "as long as it was announced")
