# SPDX-License-Identifier: GPL-2.0-or-later
"""Floods: connections, slow requests, tokens, handles, events, tasks, log lines. Memory stays bounded, and others are served meanwhile."""
import base64
import contextlib
import gzip
import http.client
import random
import re
import socket
import threading
import time
import xmlrpc.client
from pathlib import Path

from fixtures import add, add_machine, fake_boot_files
from lab import SERVER, check, equal, soon, wait_for

QUIET = {"dhcp": {"enabled": False}, "tftp": {"enabled": False}}
PROMPT = 2.0                             # seconds within which others are served


def memory(d):
    """Resident bytes of the core."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/%d/status" % d.roles()["core"]).read_text()).group(1)) * 1024


def answers(d, what, address="127.0.0.1"):
    """Somebody else's call is answered soon."""
    began = time.monotonic()
    c = http.client.HTTPConnection(address, 25151 if address == "127.0.0.1" else 80, timeout=60)
    c.request("POST", "/RPC2" if address == "127.0.0.1" else "/cobbler_api", "<methodCall><methodName>version</methodName></methodCall>", {"Content-Type": "text/xml"})
    check(b"<double>" in c.getresponse().read(), what)
    c.close()
    seconds = time.monotonic() - began
    soon(seconds, PROMPT, "others wait " + what)
    return seconds


def connections(n, first):
    """n connections from 10.55.0.1 and, where one address has too many, 127.0.0.0/8; each has said *first*."""
    out = []
    for i in range(n):
        s = socket.socket()
        s.settimeout(60)
        s.bind(("127.0.%d.1" % (1 + i // 200), 0))
        with contextlib.suppress(OSError):
            s.connect(("127.0.0.1", 25151))
            s.sendall(first)
        out.append(s)
    return out


def test_a_thousand_connections_that_do_nothing(lab):
    d = lab.daemon(services=QUIET)
    before = memory(d)
    for first in (b"", b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nX: ", b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n<methodCall>"):
        idle = connections(1000, first)
        answers(d, "beside 1,000 connections that said %.40r" % first)
        grown = memory(d) - before
        check(grown < 200 << 20, "%d MB for 1,000 connections" % (grown >> 20))
        for s in idle:
            s.close()
    lab.note("%d MB more" % ((memory(d) - before) >> 20))


def test_one_address_does_not_take_all_connections(lab):
    d = lab.daemon(services=QUIET)
    taken = [socket.create_connection((SERVER, 80), 60) for _ in range(600)]
    answers(d, "another address on another port")
    c = socket.socket()
    c.bind(("127.0.0.9", 0))
    c.settimeout(60)
    c.connect(("127.0.0.1", 80))
    c.sendall(b"GET /cblr/svc/op/list/what/systems HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    check(c.recv(100).startswith(b"HTTP/1.1 200"), "another address on this port")
    for s in (*taken, c):
        s.close()


def test_connections_leave_descriptors_for_edits(lab):
    """With the limits that a shell gives, and where there are few descriptors in all."""
    for soft, hard in (1024, 16384), (1024, 1024), (256, 256):
        d = lab.daemon("root%d" % hard, start=False, services=QUIET)
        d.spawn(prefix=("prlimit", "--nofile=%d:%d" % (soft, hard)))
        d.wait_log("is ready", 10)
        s, token = d.login()
        idle = connections(1000, b"POST /RPC2 HTTP/1.1\r\n")
        for n in range(20):
            add(s, token, "menu", {"name": "m%d" % n})
        equal(s.get_task_status(s.background_sync({}, token))[2] in ("running", "complete"), True, "a task is started")
        for c in idle:
            c.close()
        d.stop()


def test_slow_requests_end(lab):
    """A byte now and then: the request is served, or cut off; others do not wait."""
    d = lab.daemon(services=QUIET)
    slow = connections(50, b"POST /RPC2 HTTP/1.1\r\nHost: x\r\n")
    worst = 0.0
    for i in range(10):
        for s in slow:
            with contextlib.suppress(OSError):
                s.send(b"X-%d: y\r\n" % i)
        worst = max(worst, answers(d, "beside 50 slow requests"))
        time.sleep(0.05)
    for s in slow:
        with contextlib.suppress(OSError):
            s.send(b"Content-Length: 60\r\n\r\n<methodCall><methodName>version</methodName></methodCall>    ")
    check(b"200 OK" in slow[0].recv(1000), "a slow request that ends well is answered")
    lab.note("others wait for %.0f ms" % (worst * 1000))
    for s in slow:
        s.close()


def test_a_call_cannot_pass_for_a_quick_one(lab):
    """Quick calls are answered by the loops that receive all requests; no other call gets there, whatever its document looks like."""
    d = lab.daemon(start=False, settings={"ldap_server": "127.0.0.1", "ldap_tls": False, "ldap_base_dn": "dc=test"}, services={**QUIET, "anonymous_limits": False})
    d.write("etc/cobbler/modules.conf", "[authentication]\nmodule = authentication.ldap\n[authorization]\nmodule = authorization.allowall\n")
    directory = socket.create_server(("127.0.0.1", 389))         # which never says anything
    d.start()
    login = "<methodName>login</methodName><params><param><value>alice</value></param><param><value>x</value></param></params>"
    bodies = ("<!--<methodName>ping</methodName>--><methodCall>%s</methodCall>", "<?x <methodName>ping</methodName>?><methodCall>%s</methodCall>",
              "<methodCall a='&lt;' b='>'><!-- <methodName>ping</methodName> -->%s</methodCall>", "<methodCall><!--><methodName>ping</methodName>-->%s</methodCall>",
              "<methodCall>%s<!--<methodName>ping</methodName>--></methodCall>", "<?xml version='1.0'?><!-- <methodCall><methodName>ping</methodName> --><methodCall>%s</methodCall>")
    held = []
    for body in bodies * 5:
        text = (body % login).encode()
        c = socket.create_connection(("127.0.0.1", 25151), 60)
        c.sendall(b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
        held.append(c)
        time.sleep(0.05)                                         # so that each loop takes some
    for _ in range(20):
        answers(d, "beside calls that look quick")
    big = b"<methodCall><methodName>ping</methodName><params>" + b"<param><value><i4>1</i4></value></param>" * 200000 + b"</params></methodCall>"
    for _ in range(16):
        c = socket.create_connection(("127.0.0.1", 25151), 60)
        c.sendall(b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(big) + big)
        held.append(c)
    lab.note("others wait for %.0f ms" % (max(answers(d, "beside large calls of a quick method") for _ in range(20)) * 1000))
    for c in held:
        c.close()
    directory.close()


def test_who_leaves_in_the_middle_of_a_request_is_forgotten(lab):
    """One address may hold so many connections; those of clients that went away do not count for long."""
    d = lab.daemon(services=QUIET)
    open_files = Path("/proc/%d/fd" % d.roles()["core"])
    before = len(list(open_files.iterdir()))
    for i in range(240):
        s = socket.create_connection(("127.0.0.1", 25151), 60)
        s.sendall(b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nCont"[:1 + i % 30])
        s.close()
    answers(d, "after 240 halves of requests")
    wait_for("the end of their connections", lambda: len(list(open_files.iterdir())) <= before + 5, 20)


def test_bodies_together_are_bounded(lab):
    """Many large bodies at once: some are refused, none is the end."""
    d = lab.daemon(services=QUIET)
    piece = b"x" * (1 << 20)
    socks = connections(24, b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (60 << 20))

    def send(s):
        with contextlib.suppress(OSError):
            for _ in range(30):
                s.sendall(piece)
    threads = [threading.Thread(target=send, args=(s,)) for s in socks]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    wait_for("bodies", lambda: memory(d) > 300 << 20, 10)
    rss = memory(d)
    check(rss < 1200 << 20, "%d MB" % (rss >> 20))
    answers(d, "beside 24 large bodies")
    for s in socks:
        s.close()
    lab.note("%d MB at most" % (rss >> 20))


def many(s, calls):
    """Calls in batches; the number of faults."""
    faults = 0
    for i in range(0, len(calls), 500):
        out = s.system.multicall([{"methodName": m, "params": list(p)} for m, *p in calls[i:i + 500]])
        faults += sum(isinstance(r, dict) for r in getattr(out, "results", out))
    return faults


def test_packing_a_large_answer_holds_up_nobody(lab):
    d = lab.daemon(services=QUIET)
    text = base64.b64encode(random.Random(1).randbytes(12 << 20)).decode()
    body = b"<methodCall><methodName>xmlrpc_hacks</methodName><params><param><value>" + text.encode() + b"</value></param></params></methodCall>"
    packed = []

    def ask():
        c = http.client.HTTPConnection("127.0.0.1", 25151, timeout=60)
        c.request("POST", "/RPC2", body, {"Content-Type": "text/xml", "Accept-Encoding": "gzip"})
        r = c.getresponse()
        packed.append((r.status, r.getheader("Content-Encoding"), text.encode() in gzip.decompress(r.read())))
        c.close()
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for t in threads:
        t.start()
    worst = 0.0
    while any(t.is_alive() for t in threads):
        worst = max(worst, answers(d, "beside answers that are packed"))
    for t in threads:
        t.join()
    equal(packed, [(200, "gzip", True)] * 4, "answers")
    lab.note("others wait for %.0f ms" % (worst * 1000))


def test_answers_that_nobody_reads_are_bounded(lab):
    """Large answers at once to callers that do not read them: some are refused; who reads gets his."""
    d = lab.daemon(services=QUIET)
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    for i in range(60):
        s.xapi_object_edit("system", "n1", "copy", {"newname": "c%d" % i, "comment": "%d " % i + "x" * 1000000}, token)
    body = b"<methodCall><methodName>get_systems</methodName></methodCall>"
    held, most = [], 0
    for i in range(40):
        c = socket.create_connection((SERVER, 80), 60)
        c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.sendall(b"POST /cobbler_api HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        held.append(c)
        check(c.recv(12).startswith(b"HTTP/1.1 "), "an answer begins")
        most = max(most, memory(d))
    lab.note("%d MB at most" % (most >> 20))
    check(most < 1500 << 20, "%d MB for answers that nobody reads" % (most >> 20))
    answers(d, "beside them")
    for c in held:
        c.close()
    equal(wait_for("an answer for who reads", lambda: len(read_all(d)), 5), 61, "systems")


def read_all(d):
    with contextlib.suppress(xmlrpc.client.ProtocolError):
        return d.rpc().get_systems()
    return []


def test_a_call_of_many_calls_is_bounded(lab):
    """A small request without a token must not make a huge answer."""
    d = lab.daemon(services=QUIET)
    calls = [{"methodName": "get_signatures", "params": []}] * 1000
    c = http.client.HTTPConnection("127.0.0.1", 25151, timeout=60)
    c.request("POST", "/RPC2", xmlrpc.client.dumps((calls,), "system.multicall"), {"Content-Type": "text/xml"})
    text = c.getresponse().read()
    c.close()
    refused, answered = text.count(b"one multicall hold more than"), text.count(b"<name>breeds</name>")
    check(refused + answered == 1000 and answered > 1 and refused > 0, "%d answered, %d refused" % (answered, refused))
    most = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/%d/status" % d.roles()["core"]).read_text()).group(1)) >> 10
    check(most < 500, "%d MB for one request" % most)
    lab.note("%d answered, %d MB" % (answered, most))


def test_tokens_and_handles_do_not_pile_up(lab):
    d = lab.daemon(services=QUIET)
    s, token = d.login()
    before = memory(d)
    secret = (d.root / "var/lib/cobbler/web.ss").read_text()
    equal(many(s, [("login", "", secret)] * 21000), 0, "logins")
    check(memory(d) - before < 60 << 20, "21,000 tokens: %d MB" % ((memory(d) - before) >> 20))
    s, token = d.login()
    refused = many(s, [("new_system", token)] * 20500)
    check(refused > 0 and memory(d) - before < 200 << 20, "20,500 handles: %d refused, %d MB" % (refused, (memory(d) - before) >> 20))
    answers(d, "after a flood of handles")
    lab.note("%d MB more, %d handles refused" % ((memory(d) - before) >> 20, refused))


def test_tasks_events_and_log_lines(lab):
    d = lab.daemon(services=QUIET)
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    before = memory(d)
    many(s, [("background_validate_autoinstall_files", {}, token)] * 3000)
    answers(d, "beside 3,000 tasks")
    check(memory(d) - before < 100 << 20, "3,000 tasks: %d MB" % ((memory(d) - before) >> 20))
    events = s.get_events()
    check(len(events) <= 10000, "%d events" % len(events))
    wait_for("end of the tasks", lambda: all(e[2] != "running" for e in s.get_events().values()), 30)
    check(isinstance(s.get_event_log(next(iter(events))), str), "a log")
    # what a caller says does not become a line of its own, nor a command of a terminal
    evil = "x\n2026-01-01T00:00:00.000 core[1] ERROR rpc: INJECTED\r\x1b]0;INJECTED\x07\u2028" + "y" * 100000
    start = len(d.log())
    web = xmlrpc.client.ServerProxy("http://%s/cobbler_api" % SERVER, allow_none=True)
    for call, args in ((s.login, (evil, "x")), (s.get_system_handle, (evil, token)), (web.run_install_triggers, ("pre", "system", evil, "1.2.3.4")), (s.write_autoinstall_snippet, (evil, "x", token)),
                       (s.remove_system, (evil, evil)), (s.background_import, ({"path": evil, "name": evil}, token)), (s.modify_setting, (evil, evil, token)), (getattr(s, "x" * 200 + "INJECTED"), ())):
        with contextlib.suppress(xmlrpc.client.Fault, xmlrpc.client.ProtocolError):
            call(*args)
    c = http.client.HTTPConnection(SERVER, 80, timeout=60)
    c.request("GET", "/cblr/svc/op/autoinstall/system/a%0a2026-01-01%20INJECTED%1b[2J", headers={"User-Agent": "x"})
    c.getresponse().read()
    c.close()
    time.sleep(0.3)
    log = d.log()[start:]
    texts = {"daemon": log, **{p.name: p.read_text(errors="replace") for p in (d.root / "var/log/cobbler").rglob("*.log")}}
    for name, text in texts.items():
        bad = [line[:200] for line in text.split("\n") if re.match(r"(2026-01-01\S*|\s*) (core|INJECTED)|INJECTED", line)]
        check(not bad and "\x1b" not in text and "\x07" not in text, "%s: %s" % (name, bad or "control characters"))
    check(len(log) < 60000, "%d bytes of log for %d calls" % (len(log), 9))
