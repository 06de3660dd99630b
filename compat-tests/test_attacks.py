# SPDX-License-Identifier: GPL-2.0-or-later
"""One test for each way in that Cobbler had, and for the usual ones of HTTP, XML and files: the vulnerable answer must not come, and what
is legitimate must go on working. The attacker has another address than the host, unless a test says otherwise.
"""
import contextlib
import gzip
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import time
import xmlrpc.client
from pathlib import Path

from fixtures import MAC, add, add_machine, fake_boot_files
from ldap_stub import LdapStub
from lab import SERVER, Failed, check, command_line, equal, fault, processes, soon, wait_for

QUIET = {"dhcp": {"enabled": False}, "tftp": {"enabled": False}}
AT_ONCE = 50                             # calls in one request of a flood


def daemon(lab, settings=None, services=None, **more):
    return lab.daemon(settings=settings, services={**QUIET, **(services or {})}, **more)


def stranger():
    """A caller from elsewhere: by the web port."""
    return xmlrpc.client.ServerProxy("http://%s/cobbler_api" % SERVER, allow_none=True)


def post(body, port=25151, path="/RPC2", headers=None, timeout=60):
    """(status, body) of one request."""
    c = http.client.HTTPConnection("127.0.0.1" if port == 25151 else SERVER, port, timeout=timeout)
    c.request("POST", path, body, {"Content-Type": "text/xml", **(headers or {})})
    r = c.getresponse()
    text = r.read()
    c.close()
    return r.status, text


def get(path, headers=None, method="GET"):
    """(status, headers, body); the path goes out as it is."""
    with contextlib.closing(socket.create_connection((SERVER, 80), 60)) as s:
        lines = ["%s %s HTTP/1.1" % (method, path), "Host: x", "Connection: close", *("%s: %s" % h for h in (headers or {}).items())]
        s.sendall("\r\n".join(lines).encode("latin1") + b"\r\n\r\n")
        r = http.client.HTTPResponse(s, method=method)
        r.begin()
        return r.status, r.headers, r.read()


def call_xml(method, *params):
    """A call whose parameters are XML."""
    return ("<?xml version='1.0'?><methodCall><methodName>%s</methodName><params>%s</params></methodCall>" % (
        method, "".join("<param><value>%s</value></param>" % p for p in params))).encode("utf-8", "surrogateescape")


def memory(d):
    """Resident bytes of the core."""
    status = Path("/proc/%d/status" % d.roles()["core"]).read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) * 1024


def files_of(d):
    return {p.relative_to(d.root): p.read_bytes() for p in (d.root / "var/lib/cobbler").rglob("*")
            if p.is_file() and not p.is_symlink() and p.name != "edits.journal"}


def test_01_the_shared_secret_is_never_guessed(lab):
    """CVE-2024-47533: -1 as password of the empty user."""
    d = daemon(lab, services={"anonymous_limits": False})
    secret_file = d.root / "var/lib/cobbler/web.ss"
    secret = secret_file.read_text()
    for guess in (-1, 0, 1, "", "-1", None, [], {}, [secret], {"a": secret}, True, 1.5, xmlrpc.client.Binary(b""), secret[:-1], secret + "\n", secret.encode()):
        for s in (d.rpc(), stranger()):
            check("login failed" in fault(s.login, "", guess), repr(guess))
    for user in (-1, None, [], "cobbler\0x", "<DIRECT>"):
        with contextlib.suppress(xmlrpc.client.ProtocolError):
            check("login failed" in fault(d.rpc().login, user, secret) or "\0" in str(user), repr(user))
    equal(d.rpc().get_user_from_token(d.rpc().login("", secret)), "<DIRECT>", "the secret itself")
    secret_file.write_text("")
    for guess in ("", -1, None):
        fault(d.rpc().login, "", guess)
    d.stop()
    secret_file.unlink()
    secret_file.mkdir()
    d.spawn()
    equal(d.process.wait(60) > 0, True, "it does not start without a secret of its own")
    check("web.ss" in d.log(), d.tail())


def test_02_what_changes_needs_a_right(lab):
    """3.3.7's rename_* asked nobody; its settings could be changed with any token (CVE-2021-40325, 2018-1000226)."""
    d = daemon(lab, settings={"allow_dynamic_settings": True}, users=(("cobbler", "cobbler"), ("eve", "eve")))
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    (d.root / "etc/cobbler/modules.conf").write_text("[authentication]\nmodule = authentication.configfile\n[authorization]\nmodule = authorization.ownership\n")
    (d.root / "etc/cobbler/users.conf").write_text("[admins]\ncobbler = \"\"\n[others]\neve = \"\"\n")
    d.stop()
    d.start()
    s, token = d.login()
    handle = s.get_system_handle("n1", token)
    s.modify_system(handle, "owners", ["cobbler"], token)
    s.save_system(handle, token)
    eve, before = s.login("eve", "eve"), files_of(d)
    ended = s.login("cobbler", "cobbler")
    s.logout(ended)
    for bad in (eve, ended, "", "x" * 36, "A" * 34 + "==", None, 1):
        for call, args in ((s.rename_system, (handle, "stolen", bad)), (s.rename_item, ("system", handle, "stolen", bad)),
                           (s.modify_system, (handle, "comment", "x", bad)), (s.save_system, (handle, bad)), (s.copy_system, (handle, "n9", bad)),
                           (s.remove_system, ("n1", bad)), (s.xapi_object_edit, ("system", "n1", "remove", {}, bad)),
                           (s.write_autoinstall_snippet, ("s", "x", bad))):
            said = fault(call, *args)
            check(re.search(r"token|authorization failure", said), "%r: %s" % (args, said))
        if bad != eve:
            for call, args in ((s.modify_setting, ("server", "evil", bad)), (s.power_system, (handle, "off", bad)), (s.sync, (bad,))):
                check("token" in fault(call, *args), "%r" % (args,))
    equal(files_of(d), before, "the store")
    equal(s.rename_system(handle, "n2", token), True, "who may")


def test_02_rights_on_one_object_are_none_on_another(lab):
    """With authorization.ownership: an own object that is saved under another's name, a template by another spelling of its name."""
    d = daemon(lab, start=False, settings={"default_ownership": ["others"]}, users=(("cobbler", "cobbler"), ("eve", "eve")))
    d.write("etc/cobbler/modules.conf", "[authentication]\nmodule = authentication.configfile\n[authorization]\nmodule = authorization.ownership\n")
    d.write("etc/cobbler/users.conf", "[admins]\ncobbler = \"\"\n[others]\neve = \"\"\n")
    d.start()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab), owners=["cobbler"])
    s.write_autoinstall_template("dir/t.ks", "right\n", token)
    s.xapi_object_edit("profile", "p", "edit", {"autoinstall": "dir/t.ks", "owners": ["cobbler"]}, token)
    eve = s.login("eve", "eve")
    before = s.get_system("n1")

    def of_eve(name):
        handle = s.new_system(eve)
        for key, value in (("name", name), ("owners", ["eve"]), ("profile", "p")):
            s.modify_system(handle, key, value, eve)
        return handle
    mine = of_eve("mine")
    check(s.save_system(mine, eve), "an object of one's own")
    handle = s.get_system_handle("mine", eve)

    def renamed():
        s.modify_system(handle, "name", "n1", eve)
        return s.save_system(handle, eve)

    def in_transaction(commit):
        s.transaction_begin(eve)
        fresh = of_eve("n1")
        if not commit:
            return s.save_system(fresh, eve)
        return s.transaction_commit(eve)
    attempts = {"a new object of that name": lambda: s.save_system(of_eve("n1"), eve), "copy": lambda: s.copy_system(handle, "n1", eve),
                "rename": lambda: s.rename_system(handle, "n1", eve), "xapi rename": lambda: s.xapi_object_edit("system", "mine", "rename", {"newname": "n1"}, eve),
                "xapi copy": lambda: s.xapi_object_edit("system", "mine", "copy", {"newname": "n1"}, eve),
                "xapi edit": lambda: s.xapi_object_edit("system", "mine", "edit", {"name": "n1"}, eve),
                "xapi add": lambda: s.xapi_object_edit("system", "x", "add", {"owners": ["eve"], "name": "n1", "profile": "p"}, eve),
                "uid": lambda: s.set_item_resolved_value(s.get_system("mine")["uid"], "name", "n1", eve),
                "a name that was modified": renamed, "a transaction": lambda: in_transaction(False), "its commit": lambda: in_transaction(True)}
    for what, attempt in attempts.items():
        with contextlib.suppress(xmlrpc.client.Fault):
            attempt()
        with contextlib.suppress(xmlrpc.client.Fault):
            s.transaction_abort(eve)
        equal(s.get_system("n1"), before, what)
        equal(sorted(s.get_item_names("system")), ["mine", "n1"], what)
    for name in ("dir/t.ks", "/dir/t.ks", "./dir/t.ks", "dir//t.ks", "dir/./t.ks", " dir/t.ks", "dir/t.ks\n", "//dir/t.ks "):
        for call, args in ((s.write_autoinstall_template, (name, "wrong", eve)), (s.remove_autoinstall_template, (name, eve)),
                           *((s.read_or_write_kickstart_template, (folder + name, False, data, eve)) for data in ("wrong", -1)
                             for folder in ("", "/var/lib/cobbler/kickstarts/", "/var/lib/cobbler/templates/"))):
            check("authorization failure" in fault(call, *args), repr(args))
        if not name.isspace():
            check("in-use" in fault(s.remove_autoinstall_template, name, token), "removed by whom it may: %r" % name)
    equal(s.read_autoinstall_template("dir/t.ks", token), "right\n", "the template")
    check(s.write_autoinstall_template("e.ks", "x", eve), "a template that nobody uses")


def test_03_only_methods_of_the_table_are_called(lab):
    """CVE-2018-10931: methods of the object behind the interface."""
    d = daemon(lab)
    names = ["_get_all", "__class__", "__init__", "_CobblerXMLRPCInterface__dorpc", "api.get_sync", "login.__class__", "system.shutdown", "system.",
             "background_load_items", "", "Version", "ver sion", "x" * 65536, "a.b.c.d", "ver&#0;sion", "..", "/version",
             "version&#x0;", "versi\u043en", "get_%s", "%s%s%n"]
    for name in names:
        status, text = post(call_xml(name))
        check(status == 200 and b"<fault>" in text and b"<params>" not in text, "%.60r: %d %.300s" % (name, status, text))
    check(isinstance(d.rpc().version(), float), "version")


def test_04_no_document_type_no_entity(lab):
    """Billion laughs, external entities, parameter entities (CVE-2013-0340)."""
    d = daemon(lab)
    laughs = "<!DOCTYPE a [<!ENTITY a0 'lol'>" + "".join("<!ENTITY a%d '%s'>" % (i, "&a%d;" % (i - 1) * 10) for i in range(1, 10)) + "]>"
    secret = lab.tmp / "secret"
    secret.write_text("TOP-SECRET")
    os.chmod(secret, 0o644)
    heads = [laughs, "<!DOCTYPE a SYSTEM 'http://%s/'>" % SERVER, "<!DOCTYPE a [<!ENTITY %% p SYSTEM 'file://%s'> %%p;]>" % secret,
             "<!DOCTYPE a [<!ENTITY a9 SYSTEM 'file://%s'>]>" % secret, "<!doctype a []>", "<!DOCTYPE methodCall>"]
    before, began = memory(d), time.monotonic()
    for head in heads:
        body = head + "<methodCall><methodName>xmlrpc_hacks</methodName><params><param><value>&a9;</value></param></params></methodCall>"
        status, text = post(body.encode())
        check(b"<fault>" in text and b"TOP-SECRET" not in text and b"lol" not in text, "%.40s: %d %.300s" % (head, status, text))
    soon(time.monotonic() - began, 2, "all of them")
    check(memory(d) - before < 30 << 20, "%d MB" % ((memory(d) - before) >> 20))
    equal(d.rpc().xmlrpc_hacks("&<>lol"), "&<>lol", "predefined entities")


def test_05_depth_and_size_are_bounded(lab):
    d = daemon(lab)
    for unit, end in (("<value><array><data>", ""), ("<value><struct><member><name>a</name>", ""), ("<x>", ""), ("<value><array><data>", "</data></array></value>")):
        body = call_xml("xmlrpc_hacks").replace(b"<params>", b"<params><param>" + (unit * 100000 + end * 100000).encode())
        status, text = post(body)
        check(status == 200 and b"<fault>" in text, "%s: %d %.300s" % (unit, status, text))
    many = "<param><value><i4>1</i4></value></param>" * 300000
    check(b"<fault>" in post(("<methodCall><methodName>version</methodName><params>%s</params></methodCall>" % many).encode())[1], "300,000 parameters")
    equal(post(b"x" * (65 << 20), timeout=60)[0], 413, "a body of 65 MB")
    with contextlib.closing(socket.create_connection(("127.0.0.1", 25151), 10)) as c:
        c.sendall(b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\n" + b"x" * 1000)
        c.settimeout(0.3)
        with contextlib.suppress(TimeoutError, ConnectionError):
            check(b" 200 " not in c.recv(100), "a body that is announced and does not come")
    check(memory(d) < 300 << 20, "%d MB" % (memory(d) >> 20))
    nested = 1
    for _ in range(40):
        nested = [nested]
    equal(d.rpc().xmlrpc_hacks(nested), nested, "forty levels")
    equal(len(d.rpc().xmlrpc_hacks("x" * 3000000)), 3000000, "3 MB of text")


def test_06_numbers_do_not_wrap(lab):
    daemon(lab)
    bad = ["<i4>2147483648</i4>", "<i4>-2147483649</i4>", "<int>0x10</int>", "<int>1e9</int>", "<int></int>", "<int>%s</int>" % ("9" * 400),
           "<i8>9223372036854775808</i8>", "<boolean>2</boolean>", "<boolean>true</boolean>", "<double>1e400</double>", "<double>nan</double>",
           "<double>inf</double>", "<double>0x1p3</double>", "<dateTime.iso8601>99999999T99:99:99</dateTime.iso8601>", "<base64>!!!</base64>", "<int>1<int>2</int></int>",
           "<nosuch>1</nosuch>"]
    wrong = []
    for value in bad:
        status, text = post(call_xml("xmlrpc_hacks", value))
        if status != 200 or b"<fault>" not in text:
            wrong.append((value[:60], text[-200:]))
    check(not wrong, "taken: %r" % wrong)
    for value, means in (("<i4>2147483647</i4>", 2147483647), ("<int>-2147483648</int>", -2147483648), ("<double>-1.5</double>", -1.5), ("<boolean>1</boolean>", True)):
        equal(xmlrpc.client.loads(post(call_xml("xmlrpc_hacks", value))[1])[0][0], means, value)


def test_07_text_is_well_formed(lab):
    """Invalid UTF-8, NUL and control characters: refused or escaped, so that every answer is a document."""
    d = daemon(lab)
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    for raw in (b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"a\0b", b"&#0;", b"&#xD800;", b"&#xFFFFFFFF;", b"\x01"):
        status, text = post(call_xml("get_system", "<string>%s</string>" % raw.decode("utf-8", "surrogateescape")))
        check(b"<fault>" in text, "%r: %d %.200s" % (raw, status, text))
        xmlrpc.client.Unmarshaller  # the fault itself must be a document
        with contextlib.suppress(xmlrpc.client.Fault):
            xmlrpc.client.loads(text)
    for text in ("]]>", "<b>&amp;</b>", "\u20ac \U0001f600", "tab\tnewline\n", "\ud7ff\ufffd"):
        handle = s.get_system_handle("n1", token)
        s.modify_system(handle, "comment", text, token)
        s.save_system(handle, token)
        equal(s.get_system("n1")["comment"], text, "comment")


def test_08_requests_have_one_framing_and_an_end(lab):
    """Smuggling, endless headers, pipelining, packed bombs. (Slow requests: test_load.)"""
    d = daemon(lab)
    body = call_xml("version")

    def raw(head, rest=body, answers=0):
        """What comes back until so many answers are there, or nothing more comes."""
        with contextlib.closing(socket.create_connection(("127.0.0.1", 25151), 60)) as c:
            data = b""
            with contextlib.suppress(OSError):       # it may be cut off any time
                c.sendall(b"POST /RPC2 HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n" + rest)
                c.shutdown(socket.SHUT_WR)
            with contextlib.suppress(OSError):
                while (not answers or data.count(b"</methodResponse>") < answers) and (piece := c.recv(65536)):
                    data += piece
            return data
    smuggled = b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    both = raw(b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % (5 + len(smuggled)), b"0\r\n\r\n" + smuggled)
    check(both.count(b"HTTP/1.1 200") < 2, "a length and chunks: two answers\n%s" % both)
    two = raw(b"Content-Length: 4\r\nContent-Length: %d\r\n" % len(body))
    check(b" 200 " not in two, "two lengths: %.200s" % two)
    for head in (b"Transfer-Encoding : chunked\r\n", b"Transfer-Encoding\t: chunked\r\n", b"Content-Length : 4\r\n", b"X\x0b: y\r\n", b"X y: z\r\n",
                 b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding: identity\r\n", b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding: chunked, chunked\r\n"):
        said = raw(head, smuggled)
        check(b" 200 " not in said and said.startswith(b"HTTP/1.1 400"), "%r: %.300r" % (head, said))
    for head in (b"Content-Length: -1\r\n", b"Content-Length: 1e3\r\n", b"Content-Length: +%d\r\n" % len(body), b"Transfer-Encoding: chunked\r\n",
                 b"X: " + b"a" * 200000 + b"\r\n", b"".join(b"X%d: a\r\n" % i for i in range(20000)), b"Content-Encoding: br\r\nContent-Length: %d\r\n" % len(body)):
        check(b"<params>" not in raw(head), "%.60r" % head)
    for method in ("POS", "OST", "S", "post", "POSTS", "GET", "PUT", "DELETE", "TRACE", "x" * 100):
        with contextlib.closing(socket.create_connection(("127.0.0.1", 25151), 60)) as c:
            c.sendall(b"%s /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (method.encode(), len(body)) + body)
            said = c.recv(1000)
        check(said.startswith((b"HTTP/1.1 501", b"HTTP/1.1 4")), "%s: %r" % (method, said))
    for method in ("GE", "ET", "EAD", "T", "PUT"):
        equal(get("/cblr/svc/op/list", method=method)[0], 405, method)
    bomb = gzip.compress(b"<methodCall>" + b" " * (300 << 20))
    began = time.monotonic()
    equal(post(bomb, headers={"Content-Encoding": "gzip"})[0], 400, "300 MB in %d bytes" % len(bomb))
    soon(time.monotonic() - began, 5, "the bomb")
    check(memory(d) < 300 << 20, "the bomb: %d MB" % (memory(d) >> 20))
    check(b"<double>" in post(gzip.compress(body), headers={"Content-Encoding": "gzip"})[1], "packed, as Python's client sends it")
    check(raw(b"Content-Length: %d\r\n" % len(body), body + smuggled, 2).count(b"<double>") == 2, "pipelining")
    chunked = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    check(b"<double>" in raw(b"Transfer-Encoding: chunked\r\n", chunked, 1), "chunks")


def test_09_no_path_leaves_the_web_root(lab):
    d = daemon(lab)
    root = d.root / "var/www/cobbler/pub"
    root.mkdir(parents=True, exist_ok=True)
    (root / "good.txt").write_text("good")
    outside = lab.tmp / "outside.txt"
    outside.write_text("OUTSIDE")
    (root / "link").symlink_to(outside)
    (root / "dirlink").symlink_to(lab.tmp)
    (root / "abs").symlink_to("/etc")
    os.mkfifo(root / "fifo")
    (root / "proc").symlink_to("/proc/self")
    for path in [p for p in (d.root / "var/www").rglob("*") if not p.is_symlink()] + [d.root / "var/www"]:
        os.chmod(path, 0o755)
    equal(get("/cobbler/pub/good.txt")[0::2], (200, b"good"), "a file of the root")
    up = ("../" * 12, "%2e%2e/" * 12, "%252e%252e/" * 12, "..%2f" * 12, "..\\" * 12, "..%5c" * 12, "..%c0%af" * 12, ".%00./" * 12, "//" * 3 + "../" * 9)
    paths = ["/cobbler/pub/" + u + str(outside)[1:] for u in up] + ["/cobbler/pub/" + u + "etc/passwd" for u in up] + ["/" + u + "etc/passwd" for u in up]
    paths += ["/cobbler/pub/" + p for p in ("link", "dirlink/outside.txt", "abs/passwd", "fifo", "proc/environ", "good.txt%00.html", "", ".", "x" * 5000)]
    paths += ["/cobbler/links/../../../../etc/passwd", "/cobbler/links/..", "/tftpboot/../../etc/passwd", "/images/../../../etc/passwd", "//etc/passwd",
              "/cobbler//etc/passwd", "http://x/etc/passwd", "/cblr/svc/op/template/profile/x/path/_.._.._etc_passwd", "/httpboot/%2e%2e/%2e%2e/etc/passwd"]
    for path in paths:
        status, _, body = get(path)
        check(b"OUTSIDE" not in body and b"root:" not in body and status != 500, "%.80s: %d %.100s" % (path, status, body))
        check(status in (400, 404, 414) or b"# " in body or body == b"", "%.80s: %d %.100s" % (path, status, body))


def test_10_ranges_are_bounded(lab):
    d = daemon(lab)
    root = d.root / "var/www/cobbler/pub"
    root.mkdir(parents=True, exist_ok=True)
    with open(root / "big.iso", "wb") as f:
        f.write(b"0123456789")
        f.truncate(12 << 30)
    subprocess.run(["chmod", "-R", "a+rX", d.root / "var/www"], check=True)
    url = "/cobbler/pub/big.iso"
    status, headers, body = get(url, method="HEAD")
    equal((status, headers["Content-Length"], body), (200, str(12 << 30), b""), "HEAD")
    equal(get(url, {"Range": "bytes=2-4"})[0::2], (206, b"234"), "a range")
    equal(get(url, {"Range": "bytes=-3"})[2], b"\0\0\0", "the end")
    before = memory(d)
    for value in ("bytes=" + ",".join("%d-%d" % (i, i + 1000000) for i in range(1000)), "bytes=0-1,1-2", "bytes=18446744073709551615-", "bytes=-18446744073709551616",
                  "bytes=5-2", "bytes=%d-" % (12 << 30), "bytes=a-b", "bytes=" + "9" * 300 + "-", "lines=1-2", "bytes=-0", "bytes=0-0x10"):
        c = http.client.HTTPConnection(SERVER, 80, timeout=60)
        c.request("GET", url, headers={"Range": value})
        r = c.getresponse()
        check(r.status in (200, 416, 400) or (r.status == 206 and int(r.headers["Content-Length"]) <= 12 << 30), "%.40s: %d" % (value, r.status))
        c.close()
    check(memory(d) - before < 20 << 20, "memory")


def test_11_names_are_no_paths(lab):
    d = daemon(lab)
    s, token = d.login()
    files = fake_boot_files(lab)
    add_machine(s, token, files)
    folder = d.root / "var/lib/cobbler/collections/distros"
    good, before = {"kernel": str(files[0]), "initrd": str(files[1])}, {p for p in d.root.rglob("*") if "log" not in p.parts}
    for name in ("../../etc/cron.d/x", "a/b", ".", "..", "/x", "x" * 4096, "x" * 300, "a\nb", "a\0b", "a b", "a;b", "$(id)", "`id`", "a\u2044b", "\u0430dmin", "-rf\n",
                 "", " ", "a\tb", "\x7f", "a'b", 'a"b', "a\\b"):
        with contextlib.suppress(Failed, xmlrpc.client.ProtocolError):
            check(fault(add, s, token, "distro", {"name": name, **good}), name)
            continue
        raise Failed("a distro may be called %r" % name)
    handle = s.get_distro_handle("d", token)
    for call in (s.rename_distro, s.copy_distro):
        for name in ("../x", "a/b", "a\nb", ""):
            fault(call, handle, name, token)
    equal({p for p in d.root.rglob("*") if "log" not in p.parts}, before, "files")
    for name in ("d.json", "D", "a.b-c_d", "d.json.json"):
        add(s, token, "distro", {"name": name, **good})
    equal(sorted(p.name for p in folder.glob("*")), ["D.json", "a.b-c_d.json", "d.json", "d.json.json", "d.json.json.json"], "files of names that look alike")
    d.stop()
    d.start()
    equal(sorted(d.rpc().get_item_names("distro")), ["D", "a.b-c_d", "d", "d.json", "d.json.json"], "after a start")


def test_12_files_of_the_host_are_not_handed_out(lab):
    """CVE-2014-3225: an item that names /etc/shadow, or our own users.digest, as something to serve."""
    d = daemon(lab)
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    digest = d.root / "etc/cobbler/users.digest"
    handle, profile, distro = s.get_system_handle("n1", token), s.get_profile_handle("p", token), s.get_distro_handle("d", token)
    for value in ("/etc/shadow", "/etc/passwd", "../../../etc/passwd", "/var/lib/cobbler/templates/../../../../etc/passwd", str(digest), "/etc/cobbler/users.digest"):
        fault(s.modify_profile, profile, "autoinstall", value, token)
        fault(s.read_autoinstall_template, value, token)
        fault(s.read_autoinstall_snippet, value, token)
        fault(s.write_autoinstall_snippet, value if ".." in value else "../" + value, "x", token)
    for value in ("/etc/shadow", str(digest), "/etc", "/dev/zero"):
        for field in ("kernel", "initrd"):
            with contextlib.suppress(Failed):
                fault(s.modify_distro, distro, field, value, token)
                continue
            s.save_distro(distro, token)
            status, _, body = get("/cobbler/images/d/" + Path(value).name)
            check(status == 404, "%s %s: %d %.100s" % (field, value, status, body))
    for field in ("template_files", "boot_files", "fetchable_files"):
        for source, target in ((str(digest), "leak"), ("leak", str(digest)), ("/etc/passwd", "/cobbler/leak"), ("/cobbler/leak", "/etc/passwd"), ("../../x", "../../../leak")):
            with contextlib.suppress(xmlrpc.client.Fault):
                s.modify_system(handle, field, {source: target}, token)
                s.save_system(handle, token)
            with contextlib.suppress(xmlrpc.client.Fault):
                s.sync(token)
            texts = [get("/cblr/svc/op/template/system/n1/path/" + p.replace("_", "__").replace("/", "_"))[2] for p in (source, target)]
            texts += [get(p)[2] for p in ("/cobbler/leak", "/tftpboot/leak", "/tftpboot" + source, "/tftpboot" + target, "/images/d/leak", "/httpboot/leak")]
            check(not any(b"root:" in t or b"Cobbler:" in t for t in texts), "%s %s %s: %r" % (field, source, target, texts))
    equal(s.read_autoinstall_template("default.ks", token) != "", True, "a template of the directory")
    check(not list(lab.tmp.glob("leak")) and not (d.root.parent / "leak").exists(), "a file outside")


def test_13_uploaded_logs_are_confined(lab):
    """CVE-2021-40324: files written anywhere."""
    d = daemon(lab)
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    data, logs = xmlrpc.client.Binary(b"installed\n"), d.root / "var/log/cobbler/anamon"
    equal(stranger().upload_log_data("n1", "syslog", 10, 0, data), False, "off by default")
    check(not logs.exists() or not list(logs.rglob("*")), "nothing is written")
    d.reconfigure({"anamon_enabled": True})
    d.stop()
    d.start()
    evil = stranger()
    before = {p for p in lab.tmp.rglob("*") if "log" not in p.parts}
    for name, file in (("../../../../x", "f"), ("n1", "../f"), ("n1", "../../../../../etc/cron.d/f"), ("n1", "/etc/f"), ("n1", "a/b"), ("n1", "."), ("n1", ".."), ("n1", ""),
                       ("", "f"), ("nobody", "f"), ("n1/..", "f"), ("n1", "x" * 300), ("n1", "a\nb"), ("n1", -1), (None, "f")):
        equal(evil.upload_log_data(name, file, 10, 0, data), False, "%r %r" % (name, file))
    for size, offset, what in ((10, -2, data), (10, 1 << 30, data), (-1, 0, data), (1 << 30, 0, data), (10, 0, "text"), ("10", 0, data), (10, 2147483647, data), (10, 5, data)):
        equal(evil.upload_log_data("n1", "f", size, offset, what), False, "size %r offset %r" % (size, offset))
    equal({p for p in lab.tmp.rglob("*") if "log" not in p.parts}, before, "files elsewhere")
    equal(evil.upload_log_data("n1", "syslog", 10, 0, data), True, "what an installer sends")
    equal(evil.upload_log_data("n1", "syslog", 10, 10, data), True, "and what follows")
    equal((logs / "n1/syslog").read_bytes(), b"installed\n" * 2, "the log")
    (logs / "n1/trap").symlink_to(lab.tmp / "trapped")
    equal(evil.upload_log_data("n1", "trap", 10, 0, data), False, "a symbolic link")
    check(not (lab.tmp / "trapped").exists(), "through the link")
    taken = sum(evil.upload_log_data("n1", "f%d" % i, 10, 0, data) for i in range(200))
    check(taken < 100, "%d files of one machine" % taken)


def test_14_strangers_are_slowed_down(lab):
    """Floods of what needs no token: one address is refused after a while, says for how long, and others go on."""
    d = daemon(lab, settings={"register_new_installs": True})
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    evil = stranger()

    def until_refused(call, limit, then=lambda: True):
        """Calls, of which many are made at once: what one address may do comes back with time. then: what is refused as well, as long as no
        time has passed."""
        for i in range(0, limit, AT_ONCE):
            answers = evil.system.multicall([{"methodName": m, "params": list(p)} for m, *p in map(call, range(i, i + AT_ONCE))])
            for n, answer in enumerate(getattr(answers, "results", answers)):
                said = answer["faultString"] if isinstance(answer, dict) else ""
                if "too many" in said:
                    check(re.search(r"from 10\.55\.0\.1: try again in \d+ s", said), said)
                    if then():
                        return i + n
                    break
        raise Failed("%d calls and no end" % limit)

    def right_password_is_refused():
        try:
            evil.login("cobbler", "cobbler")
        except xmlrpc.client.Fault as f:
            return "too many failed logins" in f.faultString
        return False
    logins = until_refused(lambda i: ("login", "cobbler", "guess%d" % i), 1000, right_password_is_refused)
    calls = [lambda i: ("run_install_triggers", "pre", "system", "n1", "10.0.0.1"), lambda i: ("disable_netboot", "n1"),
             lambda i: ("register_new_system", {"name": "r%d" % i, "profile": "p", "interfaces": {"eth0": {"mac_address": "52:54:02:00:%02x:%02x" % divmod(i, 256)}}})]
    reports = until_refused(lambda i: calls[i % 3](i), 5000, lambda: get("/cblr/svc/op/nopxe/system/n1")[0] == 429)
    check(reports > 90, "a room full of machines may report: %d" % reports)
    until_refused(lambda i: ("upload_log_data", "n1", "x", 1, 0, xmlrpc.client.Binary(b"x")), 20000)
    lab.note("%d logins, %d reports" % (logins, reports))
    equal(d.rpc().login("cobbler", "cobbler") != "", True, "another address")
    equal(evil.run_install_triggers("pre", "system", "n1", "10.0.0.1", token), True, "with a token")
    check(isinstance(evil.get_systems(), list) and "register" not in fault(d.rpc().register_new_system, {}), "reading")


EVIL = [
    ("#import os\n$os.system('touch %(trap)s')", "import"), ("#from os import system\n$system('touch %(trap)s')", "from"),
    ("#set x = __import__('os').system('touch %(trap)s')\n$x", "set"), ("#set $x = $__import__('os')\n$x", "builtin"), ("$self.__class__.__mro__", "mro"), ("${name.__class__}", "class of a text"),
    ("$getVar('__builtins__')", "builtins"), ("#include '/etc/passwd'", "include"), ("#include raw '%(digest)s'", "include raw"), ("$open('/etc/passwd').read()", "open"),
    ("#attr x = $open('/etc/passwd').read()\n$x", "attr"), ("#extends os\n", "extends"), ("$eval('1+1')XX", "eval"), ("$SNIPPET('../../../../../etc/passwd')", "snippet"), ("SNIPPET::/etc/passwd", "snippet"),
    ("<%% import os; os.system('touch %(trap)s') %%>", "psp"), ("#compiler-settings\ncheetahVarStartToken = @\n#end compiler-settings\n@open('/etc/passwd').read()", "compiler"),
    ("#set $x = '#im' + 'port os' + chr(10) + '$os.system(\\'touch %(trap)s\\')'\n#include source=$x", "source"),
    ("#template=jinja2\n{{ ''.__class__.__mro__[1].__subclasses__() }}", "jinja"), ("#template=jinja2\n{{ cycler.__init__.__globals__.os.popen('id').read() }}", "jinja"),
    ("#template=jinja2\n{%% include '/etc/passwd' %%}", "jinja"), ("#template=jinja2\n{%% import os %%}", "jinja"), ("#template=jinja2\n{{ self._TemplateReference__context }}", "jinja"),
    ("#template=jinja2\n{{ namespace.__init__.__globals__ }}", "jinja"), ("#template=jinja2\n{{ ''|attr('__class__') }}", "jinja"),
]
BOMBS = [
    "#while 1\n#pass\n#end while", "#template=jinja2\n{% for i in range(10**9) %}{% endfor %}", "SNIPPET::loop", "$('x' * 10**10)", "$(10**10**10)", "#for i in range(10**6)\n${'x' * 100000}\n#end for",
    "#template=jinja2\n{{ 'x' * 10**10 }}", "#template=jinja2\n{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "#def f\n$f()\n#end def\n$f()", "$(" * 5000, "#if 1\n" * 5000,
    "$re.match('(a+)+$', 'a' * 40 + 'b')", "#set x = [0]\n#for i in range(60)\n#set x = x + x\n#end for", "#template=jinja2\n{{ '%999999999d' % 1 }}",
]


def test_15_templates_reach_nothing_and_end(lab):
    """CVE-2010-2235, 2021-40323, 2021-45082: an answer file is not a program of the host."""
    d = daemon(lab)
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    trap, digest = lab.tmp / "trap", d.root / "etc/cobbler/users.digest"
    lab.tmp.chmod(0o777)
    s.write_autoinstall_snippet("loop", "SNIPPET::loop2", token)
    s.write_autoinstall_snippet("loop2", "$SNIPPET('loop')", token)
    s.write_autoinstall_template("evil.ks", "x", token)
    handle = s.get_profile_handle("p", token)
    s.modify_profile(handle, "autoinstall", "evil.ks", token)
    s.save_profile(handle, token)
    for text, what in EVIL:
        s.write_autoinstall_template("evil.ks", text % {"trap": trap, "digest": digest}, token)
        out = s.generate_profile_autoinstall("p")
        check(not trap.exists() and not re.search(r"root:x|Cobbler:|<class '|<built-in|module 'os'|uid=|subprocess|\b2XX", out), "%s: %r" % (what, out[-500:]))
    before = memory(d)
    for text in BOMBS:
        s.write_autoinstall_template("evil.ks", text, token)
        began = time.monotonic()
        out = s.generate_profile_autoinstall("p")
        seconds = time.monotonic() - began
        check(len(out) < 80 << 20, "%.40r: %d bytes" % (text, len(out)))
        soon(seconds, 25, "%.40r" % text)
    check(memory(d) - before < 600 << 20, "%d MB more" % ((memory(d) - before) >> 20))
    # what a machine or user says is a value, not a template
    s.write_autoinstall_template("evil.ks", "c=$comment m=$getVar('m', '')", token)
    system = s.get_system_handle("n1", token)
    for value in ("$open('/etc/passwd').read()", "${1+1}", "#import os", "{{ 7*7 }}", "SNIPPET::loop"):
        s.modify_system(system, "comment", value, token)
        s.modify_system(system, "autoinstall_meta", {"m": value}, token)
        s.save_system(system, token)
        out = s.generate_system_autoinstall("n1")
        check("49" not in out and "root:" not in out and value[:6] in out, "%r: %r" % (value, out))


def test_16_no_shell_is_ever_asked(lab):
    """CVE-2012-2395, 2017-1000469 and the open #1329: mirrors, options, passwords, names in command lines."""
    d = daemon(lab)
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    trap, agent = lab.tmp / "trap", d.root / "usr/sbin/fence_dummy"
    lab.tmp.chmod(0o777)
    agent.parent.mkdir(parents=True)
    agent.write_text("#!/bin/sh\nprintf '%%s\\n' \"$#\" >>%s/agent\ncat >>%s/agent\n" % (lab.tmp, lab.tmp))
    agent.chmod(0o755)
    shell = ["; touch %s", "$(touch %s)", "`touch %s`", "| touch %s", "\ntouch %s\n", "' ; touch %s ; '", "-e sh -c 'touch %s'", "--rsh=touch %s", "--rsync-path=touch %s"]
    for i, text in enumerate(t % trap for t in shell):
        for field in ("power_user", "power_pass", "power_address", "power_id", "power_options", "power_identity_file", "hostname", "gateway", "server"):
            with contextlib.suppress(xmlrpc.client.Fault):
                handle = s.get_system_handle("n1", token)
                s.modify_system(handle, field, text, token)
                s.save_system(handle, token)
        with contextlib.suppress(xmlrpc.client.Fault):
            handle = s.get_system_handle("n1", token)
            s.modify_system(handle, "power_type", "dummy", token)
            s.save_system(handle, token)
            s.power_system(handle, "on", token)
        for breed, mirror in (("rsync", text), ("rsync", "host::" + text), ("yum", "http://127.0.0.1:1/" + text), ("wget", text), ("apt", "http://127.0.0.1:1/" + text), ("rsync", "-e sh")):
            repo = {"name": "r%d" % i, "breed": breed, "mirror": mirror, "mirror_locally": True, "createrepo_flags": text, "rsyncopts": {text: ""}, "yumopts": {text: text}}
            with contextlib.suppress(xmlrpc.client.Fault, AssertionError):
                for key, value in repo.items():
                    with contextlib.suppress(xmlrpc.client.Fault):
                        if key == "name":
                            handle = s.new_repo(token)
                        s.modify_repo(handle, key, value, token)
                s.save_repo(handle, token)
        for method, options in (("background_reposync", {"repos": ["r%d" % i], "only": ["r%d" % i], "tries": 1}), ("background_import", {"path": text, "name": "x", "rsync_flags": text}),
                                ("background_import", {"path": "rsync://127.0.0.1:1/x", "name": "x", "rsync_flags": text}), ("background_aclsetup", {"adduser": text, "addgroup": text}),
                                ("background_replicate", {"master": text, "port": text}), ("background_power_system", {"systems": ["n1", text], "power": text})):
            with contextlib.suppress(xmlrpc.client.Fault):
                getattr(s, method)(options, token)
        for args in (("pre", "system", text, "1.2.3.4"), ("pre", "system", "n1", text), (text, "system", "n1", "1.2.3.4")):
            with contextlib.suppress(xmlrpc.client.Fault):
                stranger().run_install_triggers(*args)
    wait_for("end of all tasks", lambda: all(e[2] != "running" for e in s.get_events().values()), 30)
    check(not trap.exists(), "a shell has run")
    asked = (lab.tmp / "agent").read_text().splitlines()
    check("0" in asked and "action=on" in asked and not any(line.startswith("touch") for line in asked), "the agent was told %r" % asked)
    check(not [w for w in map(command_line, dict(processes())) if w and Path(w[0]).name in ("sh", "bash") and str(trap) in " ".join(w)], "a shell runs")
    hook = d.root / "var/lib/cobbler/triggers/install/pre/hook"
    hook.parent.mkdir(parents=True, exist_ok=True)
    hook.write_text("#!/bin/sh\nprintf '%%s\\n' \"$@\" >%s/arguments\n" % lab.tmp)
    hook.chmod(0o755)
    equal(s.run_install_triggers("pre", "system", "n1", "1.2.3.4"), True, "a trigger")
    equal((lab.tmp / "arguments").read_text().split(), ["system", "n1", "1.2.3.4"], "its arguments")


def test_17_values_stay_inside_their_line(lab):
    """Line ends, quotes, semicolons and braces in what goes into configuration files."""
    d = daemon(lab, settings={"manage_dhcp": True, "manage_dhcp_v4": True, "manage_dns": True, "manage_forward_zones": ["lab.test"], "restart_dhcp": False, "restart_dns": False})
    for name in ("dhcpd.conf", "named.conf", "hosts", "ethers"):
        (d.root / "etc" / name).touch()
    subprocess.run(["chmod", "-R", "a+rwX", d.root / "etc", d.root / "srv", d.root / "var"], check=True)
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    handle = s.get_system_handle("n1", token)
    tails = ["\nINJECTED", "\r\nINJECTED", "\" ;\nINJECTED", "}\nINJECTED {", "'\nINJECTED", "\nlabel x\n  INJECTED", "\x0bINJECTED", "\u2028INJECTED", "\\\nINJECTED", "\n---\nINJECTED: 1"]
    fields = ["kernel_options", "comment", "hostname", "server", "gateway", "name_servers", "name_servers_search", "filename", "next_server_v4", "proxy", "redhat_management_key", "boot_loaders", "virt_path",
              "serial_device", "status", "power_user", "autoinstall_meta"]
    faces = ["mac_address", "ip_address", "dns_name", "dhcp_tag", "cnames", "static_routes", "netmask", "if_gateway", "bonding_opts", "bridge_opts", "interface_master", "ipv6_address", "virt_bridge"]
    stored = refused = 0
    for tail in tails:
        for field in fields + faces:
            value = "x" + tail
            if field in ("kernel_options", "autoinstall_meta"):
                value = {"a": value, value: "b"}
            try:
                if field in faces:
                    s.modify_system(handle, "modify_interface", {field + "-eth0": value}, token)
                else:
                    s.modify_system(handle, field, value, token)
                s.save_system(handle, token)
                stored += 1
            except xmlrpc.client.Fault:
                refused += 1
                s = d.rpc()
        s.sync(token)
        texts = {p: p.read_text(errors="replace") for p in (d.root / "srv/tftpboot").rglob("*") if p.is_file() and p.stat().st_size < 100000}
        texts.update({p: p.read_text(errors="replace") for p in (d.root / "etc").glob("*") if p.is_file()})
        for path in ("/cblr/svc/op/ipxe/system/n1", "/tftpboot/pxelinux.cfg/01-" + MAC.replace(":", "-"), "/tftpboot/grub/system/" + MAC):
            texts[path] = get(path)[2].decode()
        for path, text in texts.items():
            bad = [line for line in re.split("[\r\n]", text) if line.strip().lower().startswith("injected")]
            check(not bad, "%s, %r: %r in\n%s" % (path, tail, bad, text[:3000]))
    check(any("n1" in t or MAC in t for t in texts.values()), "the system is in the files")
    lab.note("%d values stored, %d refused" % (stored, refused))


SECRETS = ("OPENSESAME", "$1$hash", "RHNKEY", "LDAPPW", "TSIGKEY", "PROXYPW", "MIRRORPW", "YUMPW")


def secretive(lab, **services):
    """A daemon whose items and settings hold one secret each of SECRETS."""
    d = daemon(lab, settings={"default_password_crypted": "$1$hash", "ldap_search_passwd": "LDAPPW", "nsupdate_tsig_key": ["k.", "TSIGKEY"], "proxy_url_int": "http://u:PROXYPW@proxy:3128",
                              "allow_dynamic_settings": True}, services=services, users=(("cobbler", "cobbler"), ("eve", "eve")))
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab), power_pass="OPENSESAME", redhat_management_key="RHNKEY", hostname="n1.lab.test")
    add(s, token, "repo", {"name": "r", "mirror": "https://u:MIRRORPW@mirror/x", "breed": "yum", "yumopts": {"password": "YUMPW", "gpgcheck": "1"}})
    handle = s.get_profile_handle("p", token)
    s.modify_profile(handle, "repos", ["r"], token)
    s.save_profile(handle, token)
    return d, s, token


def readings(s, token=None):
    """{method: answer} of all that shows items or settings."""
    more = () if token is None else (token,)
    uid = s.get_system("n1")["uid"]
    out = {"get_system": s.get_system("n1", False, False, *more), "get_system flat": s.get_system("n1", True, False, *more), "get_system resolved": s.get_system("n1", False, True, *more),
           "get_systems": s.get_systems(*(("", "") + more if more else ())), "get_repos": s.get_repos(*(("", "") + more if more else ())), "get_settings": s.get_settings(*more),
           "find_system": s.find_system({"name": "n1"}, True, *more), "find_items_paged": s.find_items_paged("system", {"name": "*"}, "name", 1, 10, *more),
           "get_system_as_rendered": s.get_system_as_rendered("n1", *more), "get_profile_as_rendered": s.get_profile_as_rendered("p", *more), "get_system_for_koan": s.get_system_for_koan("n1", *more)}
    if token is None:
        out.update({"get_item": s.get_item("system", "n1"), "get_items": s.get_items("system"), "get_items repo": s.get_items("repo"), "find_items": s.find_items("system", {"name": "n1"}, "name", True),
                    "get_systems_since": s.get_systems_since(0), "find_system_by_dns_name": s.find_system_by_dns_name("n1.lab.test"), "get_blended_data": s.get_blended_data("", "n1"),
                    "dump_vars": s.dump_vars(uid), "dump_vars text": s.dump_vars(uid, True), "get_item_resolved_value": [s.get_item_resolved_value(uid, f) for f in ("power_pass", "redhat_management_key", "proxy")],
                    "multicall": s.system.multicall([{"methodName": "get_system", "params": ["n1"]}, {"methodName": "get_settings", "params": []}]),
                    "get_repos_compatible_with_profile": s.get_repos_compatible_with_profile("p"), "svc": get("/cblr/svc/op/settings")[2].decode(), "puppet": get("/cblr/svc/op/puppet/hostname/n1.lab.test")[2].decode()})
    return out


def shown(answers):
    return {(method, secret) for method, answer in answers.items() for secret in SECRETS if secret in json.dumps(answer, default=str)}


def test_18_strangers_read_no_secrets(lab):
    """3.3.7 shows power_pass, password hashes and keys to all who can reach it; browsers may be talked into asking."""
    d, s, token = secretive(lab)
    uid = s.get_system("n1")["uid"]
    equal(shown(readings(stranger())), set(), "what a stranger is shown")
    equal(stranger().get_system("n1")["power_pass"], "<<redacted>>", "the mark")
    equal(stranger().get_repo("r")["mirror"], "https://<<redacted>>@mirror/x", "the rest of a URL stays")
    everything = shown(readings(d.rpc()))
    check({secret for _, secret in everything} == set(SECRETS), "a program of this host is shown all, as in 3.3.7: %s" % everything)
    check({secret for _, secret in shown(readings(stranger(), token))} == set(SECRETS), "so is who has a token")
    for answer in (stranger().get_system("n1", token), stranger().find_system({"name": "n1"}, token)[0], stranger().get_systems(token)[0]):
        equal(answer["power_pass"], "OPENSESAME", "a token where clients of 2.x put it")
    equal(shown(readings(stranger(), "A" * 34 + "==")), set(), "a token that is none")
    for header in ({"X-Forwarded-For": "1.2.3.4"}, {"Via": "1.1 proxy"}, {"Origin": "http://evil.example"}):
        check(b"OPENSESAME" not in post(call_xml("get_system", "<string>n1</string>"), headers=header)[1], "passed on to the host's own port: %s" % header)
    for criteria in ({"power_pass": "OPEN*"}, {"power_pass": "OPENSESAME"}, {"power-pass": "O*"}, {"redhat_management_key": "R*"}):
        equal(stranger().find_system(criteria), [], "guessing by search: %s" % criteria)
        equal(d.rpc().find_system(criteria), ["n1"], "searching by it: %s" % criteria)
    equal(s.find_repo({"mirror": "http*"}), ["r"], "repos")
    equal(stranger().find_repo({"mirror": "http*"}), [], "guessing the password of a mirror by search")
    add(s, token, "repo", {"name": "open", "mirror": "http://mirror/y", "breed": "yum"})
    equal(stranger().find_repo({"mirror": "http*"}), ["open"], "searching where nothing is secret")
    # a client that reads, changes and writes all back
    evil, handle = stranger(), s.get_system_handle("n1", token)
    for field, value in evil.get_system("n1").items():
        if field in ("power_pass", "redhat_management_key", "proxy", "comment"):
            evil.modify_system(handle, field, value, token)
    evil.save_system(handle, token)
    equal((s.get_system("n1")["power_pass"], s.get_system("n1")["redhat_management_key"]), ("OPENSESAME", "RHNKEY"), "after all was written back")
    repo = s.get_repo_handle("r", token)
    for field in ("mirror", "yumopts"):
        s.modify_repo(repo, field, evil.get_repo("r")[field], token)
    check("redacted" in fault(s.modify_repo, repo, "mirror", "https://<<redacted>>@elsewhere/", token), "half of a mark")
    s.save_repo(repo, token)
    equal((s.get_repo("r")["mirror"], s.get_repo("r")["yumopts"]), ("https://u:MIRRORPW@mirror/x", {"password": "YUMPW", "gpgcheck": "1"}), "the repository")
    equal(s.modify_setting("ldap_search_passwd", "<<redacted>>", token), 0, "a setting written back")
    equal(s.get_settings()["ldap_search_passwd"], "LDAPPW", "the setting")
    (d.root / "etc/cobbler/modules.conf").write_text("[authentication]\nmodule = authentication.configfile\n[authorization]\nmodule = authorization.ownership\n")
    (d.root / "etc/cobbler/users.conf").write_text("[admins]\ncobbler = \"\"\n[others]\neve = \"\"\n")
    s.modify_system(handle, "owners", ["cobbler"], token)
    s.save_system(handle, token)
    d.stop()
    d.start()
    s, token = d.login()
    equal(stranger().get_system("n1", False, False, token)["power_pass"], "OPENSESAME", "its owner")
    equal(stranger().get_system("n1", False, False, s.login("eve", "eve"))["power_pass"], "<<redacted>>", "who may not change it")
    d.reconfigure(services={"anonymous_secrets": True})
    d.stop()
    d.start()
    check({secret for _, secret in shown(readings(stranger()))} == set(SECRETS), "anonymous_secrets: true is 3.3.7's way")
    d.reconfigure(services={"anonymous_secrets": "false"})
    d.stop()
    d.start()
    equal(shown(readings(d.rpc())), set(), "anonymous_secrets: false counts for this host as well")
    check("OPENSESAME" in json.dumps(d.rpc().get_system("n1", False, False, d.login()[1])) and uid, "with a token")


def test_19_directories_and_accounts_are_asked_in_full(lab):
    """CVE-2022-0860: PAM accounts that are locked. LDAP: an empty password, and filters in the name."""
    d = daemon(lab, start=False, settings={"ldap_server": "127.0.0.1", "ldap_tls": False, "ldap_base_dn": "dc=test", "authn_pam_service": "cobbler-test"},
               services={"anonymous_limits": False, "user": "root"})
    modules = d.root / "etc/cobbler/modules.conf"
    directory = LdapStub()
    try:
        modules.write_text("[authentication]\nmodule = authentication.ldap\n[authorization]\nmodule = authorization.allowall\n")
        d.start()
        s = stranger()
        check(s.login("alice", "secret"), "the right password")
        for user, password in (("alice", ""), ("alice", "wrong"), ("*", "secret"), ("alice)(uid=*", "secret"), ("*)(|(uid=*", "secret"), ("a*", "secret"), ("(", "x"), ("alice\\", "x"), ("", "")):
            check("login failed" in fault(s.login, user, password), "%r %r" % (user, password))
        check(all(p for _, p in directory.binds), "an empty password was sent: %r" % directory.binds)
        check(all(kind == 0xa3 for kind, _ in directory.filters), "a name became a filter: %r" % directory.filters)
    finally:
        directory.close()
    fault(s.login, "alice", "secret")
    folder = lab.tmp / "pam.d"
    shutil.copytree("/etc/pam.d", folder)
    subprocess.run(["mount", "--bind", folder, "/etc/pam.d"], check=True)
    try:
        modules.write_text("[authentication]\nmodule = authentication.pam\n[authorization]\nmodule = authorization.allowall\n")
        d.stop()
        d.start()
        for account, may in (("pam_permit.so", True), ("pam_deny.so", False)):
            (folder / "cobbler-test").write_text("auth required pam_permit.so\naccount required %s\n" % account)
            if may:
                check(s.login("root", "x"), "an account in order")
            else:
                check("login failed" in fault(s.login, "root", "x"), "a locked account logs in")
    finally:
        subprocess.run(["umount", "/etc/pam.d"], check=True)


def test_20_secrets_stay_in_their_files(lab):
    """CVE-2021-45083: modes; symbolic links where we write; passwords and tokens in logs."""
    fake_boot_files(lab)
    daemon(lab, start=False)
    os.umask(0)
    try:
        d, s, token = secretive(lab)
    finally:
        os.umask(0o022)
    fault(s.login, "cobbler", "WRONGPW")
    fault(s.login, "mallory", "WRONGPW")
    fault(s.modify_system, "system::n1", "power_pass", ["OPENSESAME2"], token)
    with contextlib.suppress(xmlrpc.client.Fault):
        s.xapi_object_edit("system", "n1", "edit", {"power_pass": "a b;OPENSESAME3\n"}, token)
    s.background_sync({}, token)
    wait_for("end of the task", lambda: all(e[2] != "running" for e in s.get_events().values()), 20)
    wrong = []
    for path in d.root.rglob("*"):
        st = path.lstat()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            continue
        if st.st_mode & 0o002:
            wrong.append("%s: %o" % (path, st.st_mode & 0o777))
        if path.is_file() and st.st_mode & 0o004 and any(x.encode() in path.read_bytes() for x in (*SECRETS, token)):
            wrong.append("%s: %o and a secret in it" % (path, st.st_mode & 0o777))
    check(not [w for w in wrong if "users.digest" not in w and "cobblerd.yaml" not in w and "settings.yaml" not in w], "\n".join(wrong))
    logs = d.log() + "".join(p.read_text(errors="replace") for p in (d.root / "var/log").rglob("*") if p.is_file())
    for secret in ("OPENSESAME", "WRONGPW", token, "LDAPPW", (d.root / "var/lib/cobbler/web.ss").read_text()):
        check(secret not in logs, "%s is in the log:\n%s" % (secret, [line for line in logs.splitlines() if secret in line][:3]))
    d.stop()
    victim = lab.tmp / "victim"
    victim.write_text("keep")
    victim.chmod(0o666)
    for rel in ("var/lib/cobbler/web.ss", "var/log/cobbler/install.log", "var/lib/cobbler/lock.cobblerd"):
        path = d.root / rel
        path.unlink(missing_ok=True)
        path.symlink_to(victim)
        with contextlib.suppress(Failed):
            d.start()
            with contextlib.suppress(xmlrpc.client.Fault):
                d.rpc().run_install_triggers("pre", "system", "n1", "1.2.3.4")
            d.stop()
        equal(victim.read_text(), "keep", "a file behind a link at " + rel)
        path.unlink()


def test_20_tasks_name_no_passwords(lab):
    """What programs print, what is refused, and what an expression fails at: anybody may read the log of a task."""
    d, s, token = secretive(lab)
    d.reconfigure({"signature_url": "http://u:SIGPW@127.0.0.1:1/x.json", "proxy_url_ext": "http://u:PROXYPW@127.0.0.1:1/"})
    d.stop()
    d.start()
    s, token = d.login()
    agent = d.root / "usr/sbin/fence_dummy"
    agent.parent.mkdir(parents=True)
    agent.write_text("#!/bin/sh\ncat\necho failed >&2\nexit 1\n")
    agent.chmod(0o755)
    handle = s.get_system_handle("n1", token)
    for field, value in (("power_type", "dummy"), ("power_user", "operator")):
        s.modify_system(handle, field, value, token)
    s.save_system(handle, token)
    s.background_power_system({"systems": ["n1"], "power": "status"}, token)
    for i, breed in enumerate(("yum", "rsync", "apt", "wget")):
        mirror = "%s://u:MIRRORPW@127.0.0.1:1/x" % ("rsync" if breed == "rsync" else "http")
        options = {"password": "YUMPW", "username": "x"} if breed == "yum" else {}
        add(s, token, "repo", {"name": "q%d" % i, "mirror": mirror, "breed": breed, "mirror_locally": True, "keep_updated": True, "yumopts": options, "proxy": "http://u:PROXYPW@127.0.0.1:1/",
                               "environment": {"RSYNC_PASSWORD": "ENVPW", "http_proxy": "http://u:ENVPW@127.0.0.1:1"}, "apt_components": ["main"], "apt_dists": ["x"], "arch": "x86_64"})
        s.background_reposync({"tries": 1, "repos": ["q%d" % i], "nofail": True}, token)
    for path in ("rsync://u:IMPORTPW@127.0.0.1:1/x", "http://u:IMPORTPW@127.0.0.1:1/x", "u:IMPORTPW@host:/x"):
        s.background_import({"path": path, "name": "imp"}, token)
    for master in ("u:REPPW@127.0.0.1", "http://u:REPPW@127.0.0.1"):
        s.background_replicate({"master": master, "port": "1", "distro_patterns": "*"}, token)
    s.background_signature_update({}, token)
    s.background_sync({"verbose": True}, token)
    for call, args in ((s.modify_setting, ("ldap_search_passwd", ["BADPW"])), (s.modify_setting, ("proxy_url_ext", {"a": "http://u:BADPW@x/"})), (s.modify_repo, (s.get_repo_handle("q0", token), "mirror", "ftp:u:BADPW@")),
                       (s.modify_system, (handle, "proxy", ["http://u:BADPW@x"])), (s.modify_system, (handle, "redhat_management_key", {"x": "BADPW"})),
                       (s.xapi_object_edit, ("system", "n1", "edit", {"power_pass": {"x": "BADPW"}}))):
        with contextlib.suppress(xmlrpc.client.Fault):
            call(*args, token)
    for login in (("cobbler", ["BADPW"]), (["BADPW"], "x"), ("cobbler", "BADPW")):
        fault(s.login, *login)
    s.write_autoinstall_template("leak.ks", "#raise $power_pass\n$nosuch($power_pass)\n${power_pass.nosuch}\n", token)
    s.modify_system(handle, "autoinstall", "leak.ks", token)
    s.save_system(handle, token)
    with contextlib.suppress(xmlrpc.client.Fault):
        s.generate_autoinstall("", "n1")
    wait_for("end of all tasks", lambda: all(e[2] != "running" for e in s.get_events().values()), 60)
    logs = d.log() + "".join(p.read_text(errors="replace") for p in (d.root / "var/log").rglob("*") if p.is_file()) + "".join(s.get_event_log(k) or "" for k in s.get_events())
    check("reposync of q3" in logs and "cannot import from" in logs, "the tasks have run:\n%s" % logs[-3000:])
    told = {line for line in logs.splitlines() if re.search(r"[A-Z]PW\b|OPENSESAME|TSIGKEY|RHNKEY|\$1\$hash", line)}
    check(not told, "\n".join(sorted(told)))


def test_21_a_store_has_one_owner_and_half_files_are_set_aside(lab):
    """Two daemons, half a file, a clock that jumps; sudden death and full disks: test_crash."""
    d = daemon(lab)
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    second = lab.daemon(start=False, services=QUIET)
    second.log_path = lab.tmp / "second.log"
    second.reconfigure({"xmlrpc_port": 25152, "http_port": 8080})
    equal(second.spawn().process.wait(60) > 0, True, "a second daemon")
    check("in use" in second.log(), second.tail())
    d.stop()
    d.reconfigure()
    systems = d.root / "var/lib/cobbler/collections/systems"
    whole = (systems / "n1.json").read_text()
    item = json.loads(whole)
    halves = {"half.json": whole[:len(whole) // 2], "empty.json": "", "nul.json": "\0" * 500, "list.json": "[" * 100000, "other.json": json.dumps({**item, "name": "../x"}), "none.json": json.dumps({**item, "name": None}),
              "future.json": json.dumps({**item, "name": "future", "uid": "f" * 32, "mtime": 1e18, "ctime": -1e300, "interfaces": {}})}
    for name, text in halves.items():
        (systems / name).write_text(text)
    (systems / "binary.json").write_bytes(b"\xff\xfe{}")
    os.mkfifo(systems / "pipe.json")
    (systems / "link.json").symlink_to("/dev/zero")
    d.start()
    s, token = d.login()
    equal(sorted(s.get_item_names("system")), ["future", "n1"], "what is whole")
    handle = s.get_system_handle("future", token)
    s.modify_system(handle, "comment", "back to now", token)
    s.save_system(handle, token)
    check(abs(s.get_system("future")["mtime"] - time.time()) < 600, "the clock is right again")
    equal((systems / ".damaged/half.json").read_text(), halves["half.json"], "nothing is lost")
