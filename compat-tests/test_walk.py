# SPDX-License-Identifier: GPL-2.0-or-later
"""Every method with every kind of caller and argument, every field of every type with every kind of value: made from what the server says
about itself, so that what is added later is walked as well.
"""
import re
import signal
import subprocess
import time
import xmlrpc.client

from fixtures import add, add_machine, fake_boot_files
from lab import check, equal, wait_for

QUIET = {"dhcp": {"enabled": False}, "tftp": {"enabled": False}}
CLASSES = {"cobbler.cexceptions.CX", "ValueError", "TypeError", "AttributeError", "KeyError", "OSError", "FileNotFoundError", "IsADirectoryError", "UnicodeDecodeError", "ImportError",
           "OverflowError", "IndexError", "xmlrpc.client.Fault", "cobbler.cexceptions.FileNotFoundException", "PermissionError", "NotADirectoryError",
           "netaddr.core.AddrFormatError", "ipaddress.AddressValueError", "ipaddress.NetmaskValueError", "SyntaxError", "yaml.composer.ComposerError",
           "yaml.constructor.ConstructorError", "yaml.parser.ParserError", "yaml.reader.ReaderError", "yaml.scanner.ScannerError"}
TYPES = ("distro", "profile", "system", "repo", "image", "menu", "mgmtclass", "package", "file")
BATCH = 250
# Reports of machines, which need no token.
REPORTS = {"run_install_triggers", "upload_log_data", "register_new_system", "disable_netboot"}


def nested(depth):
    value = "x"
    for i in range(depth):
        value = [value] if i % 2 else {"k": value}
    return value


ZOO = [None, True, False, 0, -1, 2147483647, 1.5, -1e300, "", " ", "x", "<<inherit>>", "~", "../../../etc/passwd", "/etc/shadow", "a/b", "-rf", "$(id)", "x;y", "%s%n", "{{ 7*7 }}", "$comment",
       "x\nINJECTED", "x\r\n\tINJECTED {", "\";}\nINJECTED", "\x7f\u2028", "y" * 100000, "\u20ac" * 300, [], ["x"], ["x\nINJECTED"], [1, None, ["a"]], ["a"] * 5000, {}, {"a": "b"},
       {"a\nINJECTED": "b\nINJECTED"}, {"": ""}, {"a": {"b": ["c"]}}, {"k%d" % i: "v" for i in range(2000)}, nested(50), xmlrpc.client.Binary(b"\0\xff"), xmlrpc.client.DateTime(0)]


class Walker:
    """Many calls in one; each answer is checked."""

    def __init__(self, s):
        self.s, self.waiting, self.calls, self.faults = s, [], 0, 0

    def call(self, method, *params, want=None):
        """want(text of the fault or None, result, call)"""
        self.waiting.append((method, list(params), want))
        if len(self.waiting) >= BATCH:
            self.flush()

    def flush(self):
        batch, self.waiting = self.waiting, []
        if not batch:
            return
        answers = self.s.system.multicall([{"methodName": m, "params": p} for m, p, _ in batch])
        answers = answers.results if hasattr(answers, "results") else answers
        equal(len(answers), len(batch), "answers")
        for (method, params, want), answer in zip(batch, answers):
            what, text, result = "%s(%s)" % (method, ", ".join("%.60r" % (p,) for p in params)), None, None
            if isinstance(answer, dict):
                text = answer["faultString"]
                found = re.match(r"<class '([\w.]+)'>:(.*)", text, re.S)
                check(found and found.group(1) in CLASSES, "%s: a fault of no known class: %.300s" % (what, text))
                check(len(found.group(2)) > 0 and not re.search(r"cobblerd/|\.c:\d|0x[0-9a-f]{6}|assert", text), "%s: %.300s" % (what, text))
                self.faults += 1
            else:
                result = answer[0]
            self.calls += 1
            if want is not None:
                want(text, result, what)


def files(d):
    """What calls might change: configuration, items, templates, what is served."""
    roots = [d.root / p for p in ("etc", "var/lib/cobbler", "var/www", "srv")]
    return {p: p.read_bytes() for r in roots for p in r.rglob("*") if p.is_file() and not p.is_symlink() and p.name != "edits.journal"}


def site(lab, module, **settings):
    # thousands of saves: in memory, where fsync costs nothing
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", lab.tmp], check=True)
    d = lab.daemon(start=False, settings={"allow_dynamic_settings": True, "register_new_installs": False, "pxe_just_once": False, **settings}, services=QUIET,
                   users=(("cobbler", "cobbler"), ("eve", "eve")))
    (d.root / "etc/cobbler/modules.conf").write_text("[authentication]\nmodule = authentication.configfile\n[authorization]\nmodule = authorization.%s\n" % module)
    (d.root / "etc/cobbler/users.conf").write_text("[admins]\ncobbler = \"\"\n")
    d.start()
    s, token = d.login()
    kernel = fake_boot_files(lab)
    add_machine(s, token, kernel, owners=["cobbler"])
    image = lab.tmp / "disk.img"
    image.write_bytes(b"x")
    for kind, attributes in (("repo", {"mirror": "http://127.0.0.1:1/x", "breed": "yum"}), ("image", {"file": str(image)}), ("menu", {}), ("mgmtclass", {}), ("package", {"action": "create", "installer": "yum"}),
                             ("file", {"path": "/etc/x", "owner": "root", "group": "root", "mode": "0644", "is_dir": True})):
        add(s, token, kind, {"name": "n1", **attributes})
    for kind in ("distro", "profile"):
        s.copy_item(kind, s.get_item_handle(kind, kind[0]), "n1", token)
    s.write_autoinstall_snippet("n1", "snippet\n", token)
    s.write_autoinstall_template("n1", "template\n", token)
    return d, s, token


def methods(s):
    """[(name, [(argument, required)], who)] from the server's own words; who: anyone, token, right, object."""
    names = s.system.listMethods()
    helps = s.system.multicall([{"methodName": "system.methodHelp", "params": [n]} for n in names])
    out = []
    for name, (text,) in zip(names, getattr(helps, "results", helps)):
        head, _, rest = text.partition("\n")
        arguments = [(a.split("=")[0].strip(), "=" not in a) for a in re.match(r"[\w.]+\((.*)\)$", head).group(1).split(",") if a.strip()]
        last = rest.splitlines()[-1]
        who = "anyone" if last.startswith("Anyone") else "object" if "on the object" in last else "right" if "the right" in last else "token"
        out.append((name, arguments, who))
    return out


def plausible(method, argument, token, uid):
    """A value with which the call would succeed for who may."""
    kind = next((t for t in TYPES if re.search(r"_%ss?(_|$)" % t.replace("repo", "repos?"), method)), "system")
    handle = "%s::n1" % kind
    values = {"token": token, "what": "system", "object_type": "system", "object_id": handle, "system_id": "system::n1", "newname": "stolen", "object_name": "n1", "edit_type": "edit",
              "attributes": {"comment": "stolen"}, "attribute": "comment", "arg": "stolen", "value": "stolen", "setting_name": "server", "item_uuid": uid, "data": "stolen", "new_data": "stolen",
              "file_path": "n1", "kickstart_file": "n1", "snippet_file": "n1", "is_read": False, "options": {}, "power": "status", "system_name": "n1", "profile_name": "n1", "system": "n1",
              "profile": "", "criteria": {"name": "*"}, "mtime": 0, "info": {}, "calls": [], "offset": 0, "size": 1, "login_user": "cobbler", "login_password": "wrong", "dns_name": "x", "hostname": "x",
              "path": "pxelinux.0", "mode": "normal", "objtype": "system", "ip": "10.0.0.1", "sys_name": "n1", "file": "f", "resource": "sync", "breed": "redhat", "method_name": "ping",
              "event_id": "x", "for_user": "", "recursive": True, "virt_type": "kvm"}
    return values.get(argument, "n1")


def test_no_caller_without_the_right_changes_anything(lab):
    d, s, token = site(lab, module="configfile")
    uid = s.get_system("n1")["uid"]
    eve = s.login("eve", "eve")
    ended = s.login("cobbler", "cobbler")
    s.logout(ended)
    table = methods(s)
    check(len(table) > 200, "%d methods" % len(table))
    before, w = files(d), Walker(s)

    def refused(text, result, what):
        check(text is not None and re.search(r"token|authorization failure", text), "%s: %s" % (what, text or repr(result)[:200]))
    for method, arguments, who in table:
        if method in ("system.multicall", "login", "logout") or method in REPORTS:
            continue
        for bad in (eve, ended, "", "junk", "A" * 34 + "==", None, 0, -1, True, [], {}, token + " ", token.lower(), [token], {"token": token}):
            values = [plausible(method, a, bad, uid) for a, _ in arguments]
            w.call(method, *values, want=None if who == "anyone" or (who == "token" and bad == eve) else refused)
        if who == "anyone":
            w.call(method, *[plausible(method, a, None, uid) for a, required in arguments if required])
        else:
            w.call(method, *[plausible(method, a, None, uid) for a, _ in arguments][:-1])
    w.flush()
    equal(files(d), before, "files")
    equal(s.get_user_from_token(token), "cobbler", "the good token")
    lab.note("%d methods, %d calls, %d faults" % (len(table), w.calls, w.faults))


def test_an_expired_token_is_none(lab):
    d, s, token = site(lab, module="ownership")
    uid = s.get_system("n1")["uid"]
    table = methods(s)
    d.reconfigure({"auth_token_expiration": 1})
    d.process.send_signal(signal.SIGHUP)
    wait_for("the setting", lambda: s.get_settings()["auth_token_expiration"] == 1, 5)
    before = files(d)
    time.sleep(1.2)
    w = Walker(s)

    def refused(text, result, what):
        check(text is not None and "invalid token" in text, "%s: %s" % (what, text or repr(result)[:200]))
    for method, arguments, who in table:
        if who != "anyone":
            w.call(method, *[plausible(method, a, token, uid) for a, _ in arguments], want=refused)
    w.flush()
    equal(files(d), before, "files")
    lab.note("%d calls" % w.calls)


def test_wrong_numbers_and_types_of_arguments(lab):
    d, s, token = site(lab, module="allowall")
    uid = s.get_system("n1")["uid"]
    w = Walker(s)

    def arity(text, result, what):
        check(text is not None and "TypeError" in text and "argument" in text, "%s: %s" % (what, text or repr(result)[:200]))
    slow = {"sync", "sync_dhcp", "check", "background_sync", "background_import", "background_replicate", "background_reposync", "background_buildiso", "background_mkloaders", "login",
            "background_signature_update", "background_validateks", "background_validate_autoinstall_files", "background_hardlink", "auto_add_repos", "background_aclsetup"}
    for method, arguments, _ in methods(s):
        if method in ("system.multicall", "logout", "modify_setting"):
            continue
        required = sum(r for _, r in arguments)
        for n in [*range(required), len(arguments) + 1, len(arguments) + 5, 100]:
            w.call(method, *([token] * n), want=arity)
        good = [plausible(method, a, token, uid) for a, _ in arguments]
        for i, (argument, _) in enumerate(arguments):
            for value in ZOO if method not in slow else ():
                if argument != "token":
                    w.call(method, *good[:i], value, *good[i + 1:])
    w.flush()
    for value in ZOO:
        for method in sorted(slow):
            if method.startswith("background") and not isinstance(value, dict):
                w.call(method, value, token)
    w.flush()
    check(s.version() > 3, "it lives")
    wait_for("end of all tasks", lambda: all(e[2] != "running" for e in s.get_events().values()), 20)
    after = s.get_item_names("system")
    d.stop()
    d.start()
    check(" 0 damaged" in d.log(), d.tail())
    equal(d.rpc().get_item_names("system"), after, "systems after a start")
    lab.note("%d calls, %d faults" % (w.calls, w.faults))


def generated(d):
    """Every text that machines and servers of the site read."""
    roots = [d.root / "srv/tftpboot", d.root / "etc", d.root / "var/lib/cobbler/cobbler_hosts", d.root / "var/www/cobbler/rendered"]
    for root in roots:
        for p in [root] if root.is_file() else root.rglob("*"):
            if p.is_file() and "cobbler/" not in str(p.relative_to(d.root)) and p.stat().st_size < 5 << 20:
                yield p, p.read_text(errors="replace")


def test_every_field_with_every_value(lab):
    """Through xapi_object_edit, which stores at once: refused, or stored so that it loads and breaks no line of what is generated."""
    d, s, token = site(lab, module="allowall", manage_dhcp=True, manage_dhcp_v4=True, manage_dns=True, manage_forward_zones=["test"], restart_dhcp=False, restart_dns=False)
    subprocess.run(["chmod", "-R", "a+rwX", d.root / "etc", d.root / "srv", d.root / "var/lib", d.root / "var/www"], check=True)
    names = {t: set(s.get_item_names(t)) for t in TYPES}
    s.xapi_object_edit("system", "n1", "edit", {"interface": "eth0", "ip_address": "10.55.0.10", "mac_address": "52:54:00:77:00:10", "dns_name": "n1.test"}, token)
    interface = set(s.get_system("n1")["interfaces"]["eth0"])
    w, stored = Walker(s), 0
    pairs = 0
    for kind in TYPES:
        fields = sorted(set(s.get_item(kind, "n1")) | (interface if kind == "system" else set()))
        for field in fields:
            pairs += 1

            def count(text, _result, _what):
                nonlocal stored
                stored += text is None
            w.call("xapi_object_edit", kind, "n1", "copy", {"newname": "w"}, token)
            for value in ZOO:
                if field == "name":                  # the former value may have been taken
                    w.call("xapi_object_edit", kind, "n1", "copy", {"newname": "w"}, token)
                w.call("xapi_object_edit", kind, "w", "edit", {field: value, "interface": "eth0"} if field in interface else {field: value}, token, want=count)
            w.flush()
            for extra in set(s.get_item_names(kind)) - names[kind]:
                w.call("remove_" + kind, extra, token)
        w.flush()
        equal(set(s.get_item_names(kind)), names[kind], kind)
    lab.note("%d fields, %d values, %d stored" % (pairs, w.calls, stored))
    check(s.get_item_names("system") == ["n1"], "systems")
    # all values that are taken at once, one item for each, and everything generated from them
    made = 0
    for kind in ("distro", "profile", "image", "menu", "system"):
        fields = sorted((set(s.get_item(kind, "n1")) | (interface if kind == "system" else set())) - {"name", "uid", "template_files"})
        for i, value in enumerate(v for v in ZOO if "INJECTED" in repr(v)):
            name = "w%d" % i
            w.call("xapi_object_edit", kind, "n1", "copy", {"newname": name}, token)
            for field in fields:
                w.call("xapi_object_edit", kind, name, "edit", {field: value, "interface": "eth0"} if field in interface else {field: value}, token)
            if kind == "system":
                w.call("xapi_object_edit", kind, name, "edit", {"interface": "eth0", "mac_address": "52:54:00:aa:00:%02x" % i, "ip_address": "10.55.0.%d" % (20 + i), "netboot_enabled": True}, token)
            made += 1
    w.flush()
    texts = {}
    for dhcp, dns in (("isc", "bind"), ("dnsmasq", "dnsmasq"), ("isc", "ndjbdns")):
        with open(d.root / "etc/cobbler/modules.conf", "a") as conf:
            conf.write("[dhcp]\nmodule = managers.%s\n[dns]\nmodule = managers.%s\n" % (dhcp, dns))
        d.stop()
        d.start()
        s, token = d.login()
        s.sync(token)
        texts.update(generated(d))
    check(any("52-54" in str(p) for p in texts) and len(texts) > 50, "files: %s" % sorted(texts))
    for path, text in texts.items():
        bad = [line for line in re.split("[\r\n]", text) if line.strip().startswith("INJECTED")]
        check(not bad, "%s: %r" % (path, bad[:5]))
    before = {t: {x["name"]: x for x in s.get_items(t)} for t in TYPES}
    d.stop()
    d.start()
    check(" 0 damaged" in d.log(), d.tail())
    for kind in TYPES:
        after = {x["name"]: x for x in d.rpc().get_items(kind)}
        equal(set(after), set(before[kind]), kind)
        changed = [(name, field, value, after[name][field]) for name, item in before[kind].items() for field, value in item.items() if after[name].get(field) != value]
        check(not changed, "%s after a start: %.2000r" % (kind, changed))
    lab.note("%d items for %d files" % (made, len(texts)))
