# SPDX-License-Identifier: GPL-2.0-or-later
"""Switching machines on and off: the command line, the task, a fence agent that keeps its input. With a real agent it was tried by hand."""
from fixtures import add_machine, fake_boot_files
from lab import check, equal

AGENT = """#!/bin/sh
input=$(cat)
echo "$input" >>%(folder)s/asked
case $input in
*username=broken*) exit 1 ;;
*action=status*) echo "Status: $(cat %(folder)s/state)" ;;
*action=on*) echo ON >%(folder)s/state ;;
*action=off*) echo OFF >%(folder)s/state ;;
esac
"""


def test_a_machine_is_switched_through_its_fence_agent(lab):
    d = lab.daemon()
    agent = d.root / "usr/sbin/fence_dummy"
    agent.parent.mkdir(parents=True)
    agent.write_text(AGENT % {"folder": lab.tmp})
    agent.chmod(0o755)
    lab.tmp.chmod(0o777)
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab), power_type="dummy", power_address="bmc1", power_user="admin", power_pass="x y")
    add_machine(s, token, fake_boot_files(lab), name="n2", mac="52:54:00:77:00:11", address="10.55.0.11", power_type="dummy", power_user="broken")
    for action, state in (("poweron", "on"), ("poweroff", "off")):
        d.cobbler("system", action, "--name=n1")
        check("n1 is " + state in d.cobbler("system", "powerstatus", "--name=n1"), "status after " + action)
    equal((lab.tmp / "asked").read_text().split("\n")[:4], ["action=on", "ip=bmc1", "username=admin", "password=x y"], "the agent's input")
    out = d.cobbler("system", "poweron", "--name=n2", status=1)
    check("failed to execute power task on n2" in out and "!!! TASK FAILED !!!" in out, out)
    check("x y" not in d.log() + out, "a password in the log")
