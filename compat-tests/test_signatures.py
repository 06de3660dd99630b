# SPDX-License-Identifier: GPL-2.0-or-later
"""Signatures fetched over the network: what is good replaces the file, everything else leaves it as it is."""
import contextlib
import http.server
import json
import shutil
import ssl
import subprocess

from lab import Skip, check, equal, http_server, task_end

ADDRESS = "127.0.0.1"
GOOD = json.dumps({"breeds": {"redhat": {"rhel99": {"signatures": ["x"], "version_file": "y", "supported_arches": ["x86_64"]}}}}).encode()


@contextlib.contextmanager
def server(port, answers, certificate=None):
    """answers: {path: (status, headers, body)}; yields the request lines."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, headers, body = answers.get(self.path, (404, {}, b"none"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *args):
            pass
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
    if tls:
        tls.load_cert_chain(certificate)
    with http_server(ADDRESS, port, Handler, tls):
        yield asked


def update(d, **settings):
    """(state, log) of an update with these settings."""
    d.reconfigure(settings=settings)
    d.stop()
    d.start()
    s, token = d.login()
    return task_end(s, s.background_signature_update({}, token), 30)


def test_update(lab):
    d = lab.daemon()
    url = "http://%s:8090" % ADDRESS
    answers = {"/good": (200, {}, GOOD), "/moved": (302, {"Location": url + "/good"}, b""), "/json": (200, {}, b'{"breeds": {'),
               "/form": (200, {}, b'{"breeds": {"redhat": []}}'), "/html": (200, {}, b"<html>"), "/large": (200, {}, b" " * (17 << 20)),
               "/file": (302, {"Location": "file:///etc/passwd"}, b""), "/loop": (302, {"Location": url + "/loop"}, b"")}
    path = d.root / "var/lib/cobbler/distro_signatures.json"
    with server(8090, answers):
        state, log = update(d, signature_url=url + "/good")
        equal(state, "complete", log)
        equal(json.loads(path.read_text()), json.loads(GOOD), "the file")
        equal(d.rpc().get_valid_os_versions_for_breed("redhat"), ["rhel99"], "what clients see")
        path.write_text(json.dumps({"breeds": {"suse": {"own1": {}}}}))
        before = path.read_bytes()
        bad = [("/json", "JSON"), ("/form", 'breed "redhat" is'), ("/html", "JSON"), ("/large", "larger than"), ("/none", "status 404"),
               ("/file", "rotocol"), ("/loop", "redirects")]
        for where, words in bad:
            state, log = update(d, signature_url=url + where)
            check(state == "failed" and words in log, "%s: %s, expected /%s/ in:\n%s" % (where, state, words, log))
            equal(path.read_bytes(), before, "the file after " + where)
            equal(d.rpc().get_valid_os_versions_for_breed("suse"), ["own1"], "what is in force after " + where)
        for where in ("/none", "/json", "/large"):
            state, log = update(d, signature_url=url.replace("//", "//user:s3cret@") + where)
            check(state == "failed" and "s3cret" not in log + d.log() and "//user:***@" in log, "a password in the log:\n" + log)
        for other in ("file:///etc/passwd", "ftp://%s/x" % ADDRESS, "", "http://%s:1/x" % ADDRESS):
            state, log = update(d, signature_url=other)
            equal((state, path.read_bytes()), ("failed", before), "%s: %s" % (other, log))
        state, log = update(d, signature_url=url + "/moved")
        equal(state, "complete", log)
    with server(8091, {"http://signatures.invalid/s": (200, {}, GOOD)}) as asked:
        state, log = update(d, signature_url="http://signatures.invalid/s", proxy_url_ext="http://%s:8091" % ADDRESS)
        equal((state, asked), ("complete", ["http://signatures.invalid/s"]), log)
    out = d.cobbler("signature", "update", status=1)
    check("TASK FAILED" in out, out)


def test_a_certificate_that_nobody_trusts(lab):
    if shutil.which("openssl") is None:
        raise Skip("openssl is not installed")
    pem = lab.tmp / "c.pem"
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", pem, "-out", lab.tmp / "crt.pem", "-days", "2",
                           "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], capture_output=True)
    check(made.returncode == 0, made.stderr.decode())
    pem.write_text(pem.read_text() + (lab.tmp / "crt.pem").read_text())
    d = lab.daemon()
    path = d.root / "var/lib/cobbler/distro_signatures.json"
    before = path.read_bytes() if path.exists() else None
    with server(8092, {"/good": (200, {}, GOOD)}, certificate=pem) as asked:
        state, log = update(d, signature_url="https://%s:8092/good" % ADDRESS)
        check(state == "failed" and "certificate" in log, log)
        equal(asked, [], "requests that were answered")
    equal(path.read_bytes() if path.exists() else None, before, "the file")
