# SPDX-License-Identifier: GPL-2.0-or-later
"""Logins by the system's accounts (PAM) and by a directory (LDAP), with the core as an unprivileged account."""
import concurrent.futures
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import warnings
import xmlrpc.client
from pathlib import Path

from lab import Skip, check, equal, wait_for

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import crypt

MODULES = """[authentication]
module = authentication.%s
hash_algorithm = sha3_512

[authorization]
module = authorization.allowall

[dns]
module = managers.bind

[dhcp]
module = managers.isc

[tftpd]
module = managers.in_tftpd

[serializers]
module = serializers.file
"""
SERVICE = """auth     required  pam_unix.so nodelay
account  required  pam_unix.so
"""
LOCKED = "!"


@contextlib.contextmanager
def files_of_the_host(lab, texts):
    """Files that these take the place of, in our mount namespace alone."""
    mounted = []
    try:
        for path, (text, mode) in texts.items():
            ours = lab.tmp / path.strip("/").replace("/", "_")
            ours.write_text(text)
            os.chmod(ours, mode)
            subprocess.run(["mount", "--bind", ours, path], check=True)
            mounted.append(path)
        yield
    finally:
        for path in mounted:
            subprocess.run(["umount", "-l", path], check=True)


def accounts(lab, pam=SERVICE):
    """The host's accounts and five more; the service is "login"."""
    if not Path("/etc/pam.d/login").exists() or not shutil.which("unix_chkpwd"):
        raise Skip("this host has no PAM service login")
    hashed = crypt.crypt("right one", crypt.mksalt(crypt.METHOD_SHA512))
    today = int(time.time()) // 86400
    shadow = {"anna": "%s:%d:0:99999:7:::" % (hashed, today), "late": "%s:%d:0:99999:7::%d:" % (hashed, today, today - 3),
              "shut": "%s%s:%d:0:99999:7:::" % (LOCKED, hashed, today), "bare": ":%d:0:99999:7:::" % today,
              "must": "%s:0:0:99999:7:::" % hashed}
    passwd = Path("/etc/passwd").read_text() + "".join("%s:x:%d:65534::/nonexistent:/bin/false\n" % (n, 62000 + i) for i, n in enumerate(shadow))
    return files_of_the_host(lab, {
        "/etc/passwd": (passwd, 0o644),
        "/etc/shadow": (Path("/etc/shadow").read_text() + "".join("%s:%s\n" % x for x in shadow.items()), 0o640),
        "/etc/pam.d/login": (pam, 0o644)})


def start(lab, module, settings=None):
    d = lab.daemon(start=False, settings=settings, services={"dhcp": {"enabled": False}, "tftp": {"enabled": False}})
    d.write("etc/cobbler/modules.conf", MODULES % module)
    return d.start()


def logs_in(d, user, password):
    try:
        return bool(d.rpc().login(user, password))
    except xmlrpc.client.Fault as e:
        check("login failed" in e.faultString, e.faultString)
        return False


def test_pam(lab):
    with accounts(lab):
        d = start(lab, "pam")
        check("privileged" in wait_for("roles", lambda: len(d.roles()) == 2 and d.roles(), 3), "the process that keeps root")
        check(logs_in(d, "anna", "right one"), "a good account: " + d.tail())
        for user, password, why in (
                ("anna", "wrong", "a wrong password"), ("anna", "", "no password"), ("nosuch", "right one", "no such user"),
                ("late", "right one", "an expired account"), ("shut", "right one", "a locked account"), ("bare", "", "an account without password"),
                ("must", "right one", "a password that must be changed"), ("anna", "right one\nx", "more lines"), ("anna", "x" * 5000, "a huge one"),
                ("", "right one", "no name"), ("../anna", "right one", "a path")):
            check(not logs_in(d, user, password), why + " logs in")
        check("PAM refuses late: account" in d.log(), "the reason is logged: " + d.tail())
        check("right one" not in d.log(), "no password in the log")
        secret = (d.root / "var/lib/cobbler/web.ss").read_text()
        check(d.rpc().login("", secret), "the shared secret still serves the command line")


def test_pam_in_parallel_and_after_a_crash(lab):
    with accounts(lab):
        d = start(lab, "pam")
        wait_for("roles", lambda: len(d.roles()) == 2, 3)
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            said = list(pool.map(lambda i: logs_in(d, "anna", "right one" if i % 3 else "wrong"), range(60)))
        equal(said, [i % 3 != 0 for i in range(60)], "answers")
        os.kill(d.roles()["privileged"], signal.SIGKILL)
        check(logs_in(d, "anna", "right one"), "a login that came while the process was away waits for it")
        d.wait_log(r"privileged\[\d+\] was ended by signal 9")


def test_pam_that_is_slow_holds_up_nobody(lab):
    """Eight logins of which none ends before the others have begun, and another call before any of them ends."""
    gate, program = lab.tmp / "gate", lab.tmp / "slow"
    gate.mkdir()
    program.write_text("#!/bin/sh\n>%s/$$\nwhile [ -d %s ] && [ ! -e %s/open ]; do sleep 0.05; done\n" % (gate, gate, gate))
    program.chmod(0o755)
    with accounts(lab, "auth optional pam_exec.so quiet %s\n" % program + SERVICE):
        d = start(lab, "pam")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            logins = [pool.submit(logs_in, d, "anna", "right one") for _ in range(8)]
            try:
                wait_for("eight logins that PAM is asked about", lambda: len(list(gate.iterdir())) == 8, 5)
                equal(d.rpc().version(), 3.307, "version")
                check(not any(x.done() for x in logins), "logins that did not wait for PAM")
            finally:
                (gate / "open").touch()
            check(all(x.result() for x in logins), "logins")


def test_pam_service_that_is_none(lab):
    with accounts(lab):
        d = start(lab, "pam", {"authn_pam_service": "../../tmp/x"})
        check(not logs_in(d, "anna", "right one"), "a service outside of /etc/pam.d")
        check("authn_pam_service" in d.log(), d.tail())


# ---- LDAP ----

LDIF = """dn: dc=lab,dc=test
objectClass: dcObject
objectClass: organization
o: lab
dc: lab

dn: ou=people,dc=lab,dc=test
objectClass: organizationalUnit
ou: people

dn: uid=anna,ou=people,dc=lab,dc=test
objectClass: inetOrgPerson
uid: anna
cn: Anna (a*b)
sn: A
userPassword: right one

dn: uid=ben,ou=people,dc=lab,dc=test
objectClass: inetOrgPerson
uid: ben
cn: twin
sn: B
userPassword: bens

dn: uid=carl,ou=people,dc=lab,dc=test
objectClass: inetOrgPerson
uid: carl
cn: twin
sn: C
userPassword: carls

dn: uid=reader,dc=lab,dc=test
objectClass: inetOrgPerson
uid: reader
cn: reader
sn: R
userPassword: reading
"""
CONF = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {dir}/slapd.pid
TLSCACertificateFile {dir}/cert.pem
TLSCertificateFile {dir}/cert.pem
TLSCertificateKeyFile {dir}/key.pem
database mdb
suffix "dc=lab,dc=test"
rootdn "cn=root,dc=lab,dc=test"
rootpw root
directory {dir}/db
access to attrs=userPassword by anonymous auth by * none
access to * {read}
"""


def listens(port):
    with contextlib.suppress(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 60).close()
        return True
    return False


@contextlib.contextmanager
def slapd(lab, anonymous=True):
    """A directory on 127.0.0.1: port 389 (StartTLS) and 636."""
    if not shutil.which("slapd"):
        raise Skip("no slapd: install the package slapd")
    where = lab.tmp / "ldap"
    (where / "db").mkdir(parents=True)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", where / "key.pem",
                    "-out", where / "cert.pem"], check=True, capture_output=True)
    (where / "slapd.conf").write_text(CONF.format(dir=where, read="by * read" if anonymous else
                                                  "by dn.exact=\"uid=reader,dc=lab,dc=test\" read by anonymous auth by * none"))
    (where / "data.ldif").write_text(LDIF)
    subprocess.run(["slapadd", "-f", where / "slapd.conf", "-l", where / "data.ldif"], check=True, capture_output=True)
    os.chmod(where, 0o755)
    os.chmod(where / "cert.pem", 0o644)
    with open(lab.tmp / "slapd.log", "wb") as log:
        server = subprocess.Popen(["slapd", "-d", "0", "-f", where / "slapd.conf", "-h", "ldap://127.0.0.1 ldaps://127.0.0.1"], stdout=log,
                                  stderr=log)
    try:
        wait_for("slapd", lambda: all(listens(port) for port in (389, 636)), 10)
        yield where
    finally:
        server.terminate()
        server.wait(60)


def ldap_settings(where, **more):
    return {"ldap_server": "127.0.0.1", "ldap_base_dn": "dc=lab,dc=test", "ldap_port": 389, "ldap_tls": True, "ldap_search_prefix": "uid=",
            "ldap_tls_cacertfile": str(where / "cert.pem"), "ldap_tls_reqcert": "demand", **more}


def test_ldap(lab):
    with slapd(lab) as where:
        d = start(lab, "ldap", ldap_settings(where))
        check(logs_in(d, "anna", "right one"), "a good login with StartTLS: " + d.tail())
        for user, password in (("anna", "wrong"), ("anna", ""), ("nosuch", "right one"), ("*", "right one"), ("ann*", "right one"),
                               ("anna)(uid=*", "right one"), ("", "right one")):
            check(not logs_in(d, user, password), "%r with %r logs in" % (user, password))
        check("right one" not in d.log(), "no password in the log")


def test_ldap_over_tls_from_the_start_and_twins(lab):
    with slapd(lab) as where:
        d = start(lab, "ldap", ldap_settings(where, ldap_port=636, ldap_search_prefix="cn="))
        check(logs_in(d, "Anna (a*b)", "right one"), "a name with all that filters know: " + d.tail())
        for password in ("bens", "carls"):
            check(not logs_in(d, "twin", password), "a name that two entries have logs in")


def test_ldap_that_cannot_be_trusted(lab):
    with slapd(lab) as where:
        d = start(lab, "ldap", ldap_settings(where, ldap_tls_cacertfile="/nonexistent"))
        check(not logs_in(d, "anna", "right one"), "a server whose certificate cannot be checked")
    d.reconfigure(ldap_settings(where))
    d.process.send_signal(signal.SIGHUP)
    check(not logs_in(d, "anna", "right one"), "a server that is not there")
    check(re.search("LDAP refuses anna: .*", d.log()), d.tail())


def test_ldap_with_an_account_for_searching(lab):
    with slapd(lab, anonymous=False) as where:
        bind = {"ldap_anonymous_bind": False, "ldap_search_bind_dn": "uid=reader,dc=lab,dc=test", "ldap_search_passwd": "reading"}
        d = start(lab, "ldap", ldap_settings(where, **bind))
        check(logs_in(d, "anna", "right one"), d.tail())
        d.reconfigure({"ldap_search_passwd": "wrong"})
        d.process.send_signal(signal.SIGHUP)
        wait_for("settings", lambda: not logs_in(d, "anna", "right one"), 5)
        check("reading" not in d.log(), "no password in the log")
