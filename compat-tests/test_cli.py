# SPDX-License-Identifier: GPL-2.0-or-later
"""The cobbler command against the daemon, as people and scripts use it."""
import json
import os
import re
import subprocess

from fixtures import MAC, fake_boot_files
from lab import COBBLERD, REPO, check, equal

# One object of each type, in the order in which they need each other: type, its options, an option to edit.
TYPES = [
    ("distro", ["--kernel={kernel}", "--initrd={initrd}", "--arch=x86_64", "--breed=redhat", "--os-version=rhel8"]),
    ("menu", ["--display-name=Menu one"]),
    ("repo", ["--mirror=http://127.0.0.1/x", "--breed=yum", "--mirror-locally=0"]),
    ("profile", ["--distro=distro1", "--repos=repo1", "--menu=menu1", "--virt-ram=2048"]),
    ("image", ["--file={kernel}", "--image-type=direct"]),
    ("system", ["--profile=profile1", "--interface=eth0", "--mac-address=" + MAC]),
    ("package", ["--installer=yum", "--version=1"]),
    ("file", ["--path=/etc/x", "--owner=root", "--group=root", "--mode=0644", "--template=/etc/hosts"]),
    ("mgmtclass", ["--class-name=c"]),
]


def add_all(lab, d):
    kernel, initrd = fake_boot_files(lab)
    for kind, options in TYPES:
        out = d.cobbler(kind, "add", "--name=%s1" % kind, *[o.format(kernel=kernel, initrd=initrd) for o in options])
        equal(out, "", "output of %s add" % kind)


def names(d, kind):
    return [line.strip() for line in d.cobbler(kind, "list").splitlines()]


def as_json(d, *words):
    return json.loads(d.cobbler("--json", *words))


def test_every_type_can_be_kept_from_the_command_line(lab):
    d = lab.daemon()
    add_all(lab, d)
    for kind, _ in TYPES:
        one = kind + "1"
        equal(names(d, kind), [one], kind + " list")
        d.cobbler(kind, "edit", "--name=" + one, "--comment=a b <&> \u00fc")
        check("\nComment                        : a b <&> \u00fc\n" in d.cobbler(kind, "report", "--name=" + one), kind + " report")
        equal(as_json(d, kind, "report", "--name=" + one)["comment"], "a b <&> \u00fc", kind + " report --json")
        equal(d.cobbler(kind, "find", "--comment=a*"), one + "\n", kind + " find")
        equal(d.cobbler(kind, "find", "--comment=zz"), "", kind + " find of nothing")
        d.cobbler(kind, "rename", "--name=" + one, "--newname=" + kind + "2")
        equal(names(d, kind), [kind + "2"], kind + " after rename")
        d.cobbler(kind, "rename", "--name=" + kind + "2", "--newname=" + one)
    equal(as_json(d, "report", "--json").keys(), as_json(d, "list").keys(), "sections of report and list")
    for kind, _ in reversed(TYPES):
        d.cobbler(kind, "remove", "--name=" + kind + "1")
        equal(names(d, kind), [], kind + " after remove")


def test_copies_keep_values(lab):
    d = lab.daemon()
    add_all(lab, d)
    for kind, _ in TYPES:
        d.cobbler(kind, "copy", "--name=%s1" % kind, "--newname=%s2" % kind, "--comment=copied")
        one, two = (as_json(d, kind, "report", "--name=%s%d" % (kind, i)) for i in (1, 2))
        equal(two["comment"], "copied", kind + " copy with a change")
        check(one["uid"] != two["uid"], kind + " copy has the uid of its original")
    equal(as_json(d, "profile", "report", "--name=profile2")["virt_ram"], 2048, "virt_ram of the copy")


def test_interfaces_of_a_system(lab):
    d = lab.daemon()
    add_all(lab, d)

    def interfaces():
        return as_json(d, "system", "report", "--name=system1")["interfaces"]
    d.cobbler("system", "edit", "--name=system1", "--interface=eth1", "--mac=random", "--ip-address=10.55.0.77", "--subnet=255.255.255.0",
              "--static=1")
    eth1 = interfaces()["eth1"]
    equal((eth1["ip_address"], eth1["netmask"], eth1["static"]), ("10.55.0.77", "255.255.255.0", True), "eth1")
    check(re.fullmatch("[0-9a-f:]{17}", eth1["mac_address"]), "random MAC address %r" % eth1["mac_address"])
    d.cobbler("system", "edit", "--name=system1", "--interface=eth1", "--rename-interface=ens3")
    equal(sorted(interfaces()), ["ens3", "eth0"], "after --rename-interface")
    d.cobbler("system", "edit", "--name=system1", "--interface=ens3", "--delete-interface")
    equal(sorted(interfaces()), ["eth0"], "after --delete-interface")
    equal(d.cobbler("system", "find", "--mac-address=" + MAC), "system1\n", "find by MAC address")
    report = d.cobbler("system", "report", "--name=system1")
    check(re.search(r"\nInterface =====                : eth0\n(.*\n)*MAC Address                    : %s\n" % MAC, report), report)


def test_dictionaries_are_replaced_or_merged(lab):
    d = lab.daemon()
    add_all(lab, d)

    def options():
        return as_json(d, "distro", "report", "--name=distro1")["kernel_options"]
    d.cobbler("distro", "edit", "--name=distro1", "--kopts=a=1 b=2 quiet")
    equal(options(), {"a": "1", "b": "2", "quiet": "~"}, "kernel options")
    d.cobbler("distro", "edit", "--name=distro1", "--kernel-options=c=3 ~a", "--in-place")
    equal(options(), {"b": "2", "quiet": "~", "c": "3"}, "after --in-place")
    d.cobbler("distro", "edit", "--name=distro1", "--kernel-options=d=4")
    equal(options(), {"d": "4"}, "after replacing")


def test_refusals_are_clear_and_have_a_status(lab):
    d = lab.daemon()
    add_all(lab, d)

    def refused(status, pattern, *words):
        out = d.cobbler(*words, status=status)
        check(re.search(pattern, out), "cobbler %s says nothing like /%s/:\n%s" % (" ".join(words), pattern, out))
    refused(1, r"exception on server: .*distro1", "distro", "add", "--name=distro1", "--kernel=/x", "--initrd=/x")
    refused(1, r"exception on server: ", "distro", "edit", "--name=none", "--comment=x")
    refused(1, r"exception on server: ", "distro", "edit", "--name=distro1", "--kernel=/does/not/exist")
    refused(1, r"exception on server: ", "system", "add", "--name=s2")
    refused(1, r"exception on server: ", "system", "edit", "--name=system1", "--interface=eth0", "--mac-address=zz")
    refused(1, r"exception on server: ", "profile", "remove", "--name=none")
    refused(1, r"No distro found: none", "distro", "report", "--name=none")
    refused(1, r"--name is required", "distro", "edit", "--comment=x")
    refused(1, r"--newname is required", "distro", "copy", "--name=distro1")
    refused(2, r"no such option: --kernal \(did you mean --kernel\?\)", "distro", "edit", "--name=distro1", "--kernal=x")
    refused(2, r"invalid integer value: 'x'", "profile", "edit", "--name=profile1", "--virt-ram=x")
    refused(2, r"no such action: delete", "distro", "delete", "--name=distro1")
    refused(1, r"No such command: distros", "distros", "list")
    equal(names(d, "system"), ["system1"], "systems after refusals")
    error = json.loads(d.cobbler("--json", "distro", "edit", "--name=none", "--comment=x", status=1))["error"]
    check(error["message"] and error["class"].endswith("CX"), "%r" % error)
    d.stop()
    refused(155, r"cobblerd does not appear to be running", "distro", "list")


def test_add_with_clobber_changes_what_is_there(lab):
    d = lab.daemon()
    d.cobbler("menu", "add", "--name=m", "--display-name=one", "--clobber")
    d.cobbler("menu", "add", "--name=m", "--display-name=two", "--clobber")
    equal(as_json(d, "menu", "report", "--name=m")["display_name"], "two", "display name")


def test_removal_of_children_needs_to_be_asked_for(lab):
    d = lab.daemon()
    add_all(lab, d)
    d.cobbler("profile", "add", "--name=child", "--parent=profile1")
    out = d.cobbler("profile", "remove", "--name=profile1", status=1)
    check("exception on server: " in out, out)
    d.cobbler("profile", "remove", "--name=profile1", "--recursive")
    equal(names(d, "profile") + names(d, "system"), [], "profiles and systems after a recursive removal")


def test_tasks_are_followed_to_their_end(lab):
    d = lab.daemon()
    add_all(lab, d)
    for words in (["sync"], ["sync", "--dhcp"], ["sync", "--dns"], ["sync", "--systems=system1"], ["validate-autoinstalls"]):
        out = d.cobbler(*words)
        check(re.match(r"task started: \S.*\ntask started \(id=.*, time=\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\)\n", out), out)
        check(out.endswith("*** TASK COMPLETE ***\n"), "cobbler %s:\n%s" % (" ".join(words), out))
    done = as_json(d, "sync")
    equal(done["state"], "complete", "sync --json")
    check(done["task"] in d.cobbler("events"), "the task is not among the events")
    check(d.cobbler("follow", "--task=" + done["task"]).endswith("*** TASK COMPLETE ***\n"), "follow of a task that has ended")
    out = d.cobbler("follow", "--task=none", status=1)
    check("no event with that id" in out and "started" not in out, out)
    dated = r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}"
    out = d.cobbler("version")
    check(re.fullmatch(r"Cobbler 3\.3\.7\n  source: cobblerd [\d.]+, (%s \+0000|\?)\n  build time: %s\n" % (dated, dated), out), out)
    out = d.cobbler("import", "--name=x", "--path=/does/not/exist", status=1)
    check(out.endswith("!!! TASK FAILED !!!\n"), out)


def test_answer_files_and_variables(lab):
    d = lab.daemon()
    add_all(lab, d)
    d.cobbler("profile", "edit", "--name=profile1", "--autoinstall=sample.ks", "--ksmeta=colour=green")
    check("\n" in d.cobbler("profile", "get-autoinstall", "--name=profile1"), "answer file of the profile")
    equal(d.cobbler("system", "getks", "--name=system1"), d.cobbler("system", "get-autoinstall", "--name=system1"), "getks")
    d.cobbler("system", "get-autoinstall", "--name=none", status=1)
    variables = d.cobbler("system", "dumpvars", "--name=system1")
    check("\nautoinstall_meta: colour=green" in variables and "\nprofile_name: profile1\n" in variables, variables)
    lines = [line.split(":")[0] for line in variables.splitlines()]
    equal(lines, sorted(lines), "order of the variables")


def test_settings_signatures_status_version(lab):
    d = lab.daemon()
    settings = d.rpc().get_settings()
    equal(len(d.cobbler("setting", "report").splitlines()), len(settings), "lines of setting report")
    equal(d.cobbler("setting", "report", "--name=http_port"), "%-40s: %s\n" % ("http_port", settings["http_port"]), "http_port")
    check("allow_dynamic_settings" in d.cobbler("setting", "edit", "--name=manage_dhcp", "--value=1", status=1), "setting edit")
    check(re.search(r"\n\d+ breeds with \d+ total signatures loaded\n$", d.cobbler("signature", "report")), "signature report")
    check(d.cobbler("signature", "report", "--name=debian").startswith("Currently loaded signatures:\ndebian:\n\t"), "debian")
    check(re.match(r"ip\s+\|?\s*target", d.cobbler("status")), "status")
    check(re.match(r"Cobbler 3\.3\.7\n  source: .*\n  build time: .*\n", d.cobbler("version")), "version")
    equal(d.cobbler("--version"), d.cobbler("version"), "--version")
    d.cobbler("check")
    d.reconfigure(settings={"allow_dynamic_settings": True})
    d.stop()
    d.start()
    d.cobbler("setting", "edit", "--name=default_virt_ram", "--value=1234")
    equal(d.rpc().get_settings()["default_virt_ram"], 1234, "a setting that was edited")


def test_signatures_are_read_again(lab):
    d = lab.daemon()
    path = d.root / "var/lib/cobbler/distro_signatures.json"
    path.write_text('{"breeds": {"own": {"own1": {"signatures": ["x"], "version_file": "y"}}}}')
    check("\nown:\n" not in d.cobbler("signature", "report"), "a signature file is read only when told to")
    check("Signatures were successfully loaded" in d.cobbler("signature", "reload", "--filename=%s" % path), "check of a file")
    d.cobbler("signature", "reload")
    equal(d.cobbler("signature", "report"), "Currently loaded signatures:\nown:\n\town1\n\n1 breeds with 1 total signatures loaded\n",
          "signature report")
    path.write_text("{ torn")
    check("line 1" in d.cobbler("signature", "reload", "--filename=%s" % path, status=1), "check of a torn file")
    check("TASK FAILED" in d.cobbler("signature", "reload", status=1), "reload of a torn file")
    check("own1" in d.cobbler("signature", "report"), "the former signatures stay in force")


def test_login_by_name_and_without_secret(lab):
    d = lab.daemon()
    password = lab.tmp / "password"
    password.write_text("cobbler\n")
    d.cobbler("--user=cobbler", "--password-file=%s" % password, "menu", "add", "--name=m")
    equal(names(d, "menu"), ["m"], "menus")
    for piped in ["--password-file=-"], ["--password-file=/dev/fd/0"]:
        r = subprocess.run([COBBLERD.parent / "cobbler", "--root", d.root, "--user=cobbler", *piped, "menu", "edit", "--name=m", "--comment=c"],
                           input="cobbler\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        equal((r.returncode, r.stdout), (0, ""), "a password from a pipe, %s" % piped)
    for missing, says in ("/dev/null", "is expected"), (lab.tmp / "none", "cannot open"):
        out = d.cobbler("--user=cobbler", "--password-file=%s" % missing, "menu", "add", "--name=m2", status=None)
        check(says in out and names(d, "menu") == ["m"], out)
    password.write_text("wrong\n")
    out = d.cobbler("--user=cobbler", "--password-file=%s" % password, "menu", "add", "--name=m2", status=1)
    check("login failed (cobbler)" in out, out)
    os.unlink(d.root / "var/lib/cobbler/web.ss")
    out = d.cobbler("menu", "add", "--name=m2", status=155)
    check(out.startswith("the shared secret cannot be read") and "web.ss" in out, out)


def test_completion_by_bash(lab):
    d = lab.daemon()
    add_all(lab, d)
    script = """
        cobbler() { "$COBBLER" --root "$ROOT" "$@"; }
        compopt() { :; }
        . packaging/cobbler.bash-completion
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cobbler; printf '%s\\n' "${COMPREPLY[@]}"
    """

    def complete(*words):
        env = {**os.environ, "COBBLER": str(COBBLERD.parent / "cobbler"), "ROOT": str(d.root)}
        return subprocess.run(["bash", "-c", script, "bash", *words], env=env, capture_output=True, text=True,
                              cwd=REPO, check=True).stdout.split()
    equal(complete("cobbler", "dis"), ["distro"], "command")
    equal(complete("cobbler", "system", "power"), ["poweroff", "poweron", "powerstatus"], "action")
    equal(complete("cobbler", "system", "edit", "--mac"), ["--mac-address="], "option")
    equal(complete("cobbler", "system", "edit", "--profile", "=", ""), ["profile1"], "name of another object")
    equal(complete("cobbler", "distro", "remove", "--name", "d"), ["distro1"], "name of the object")
