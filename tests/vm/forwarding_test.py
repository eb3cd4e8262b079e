#!/usr/bin/python3
"""The forwarding thread on a real IPVS table and a real nf_tables: client, node and two real servers as namespaces.
Runs as root in any kernel with IPVS; where this one has none, it starts itself inside the virtual machine of
tests/lab/vm. datapath.md 4-6; FN-07, FN-28, FN-30, FN-33, FN-34, FN-36; S-4, S-9, I-5, I-6; P-13."""
import os
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/lab")
from forwarding_world import (  # noqa: E402
    BUILD, CLIENT, EMPTY, FOREIGN, NODE, VIP, VIP2, Forwarder, build, connect, guard, guarded, node, remove, service, sh, table,
    udp_answer, until)
from labkit.cases import Cases  # noqa: E402

WEB = f"TCP/{VIP}/80"


def prepare_host(cases):
    command = f"ip netns exec {NODE} {BUILD}/node/fairlead-node prepare-host"
    check = subprocess.run((command + " --check").split(), text=True, stdout=subprocess.PIPE)
    forward = node("sysctl -n net.ipv4.ip_forward").strip()
    cases.check("prepare-host --check of a fresh namespace says 1 and names what is wrong",
                check.returncode == 1 and re.search(r"net\.ipv4\.ip_forward +1 +0 +WRONG", check.stdout), check.returncode)
    cases.check("prepare-host --check changes nothing", forward == "0", "ip_forward=" + forward)
    done = subprocess.run(command.split(), text=True, stdout=subprocess.PIPE)
    values = [node("sysctl -n " + name).strip() for name in
              ("net.ipv4.ip_forward", "net.ipv4.vs.conntrack", "net.ipv4.vs.expire_nodest_conn",
               "net.netfilter.nf_conntrack_tcp_be_liberal", "net.ipv4.conf.eth1.send_redirects")]
    cases.check("prepare-host loads the modules and sets what NAT needs, exit 0",
                done.returncode == 0 and values == ["1", "1", "1", "1", "0"], f"{done.returncode} {values}")
    if done.returncode:
        print(done.stdout)
    again = subprocess.run((command + " --check").split(), text=True, stdout=subprocess.PIPE)
    cases.check("prepare-host --check agrees afterwards", again.returncode == 0, again.returncode)


def adds_and_forwards(cases, one):
    begun = time.monotonic()
    report = one.order(1, f"vip={VIP} {WEB}/rr=10.0.0.1:80*1,10.0.0.2:80*1")
    cases.check("a VIP is ready once guard and IPVS hold it", report.get("ready") == VIP and report["programmed"] == WEB,
                f"{(time.monotonic() - begun) * 1000:.0f} ms, {report}")
    cases.check("both servers are usable, nothing is wrong",
                report.get("usable") == WEB + "=2" and report["problems"] == "", report.get("problems"))
    cases.check("IPVS holds the service with its scheduler and servers",
                service(VIP) == [f"-A -t {VIP}:80 -s rr", f"-a -t {VIP}:80 -r 10.0.0.1:80 -m -w 1",
                                 f"-a -t {VIP}:80 -r 10.0.0.2:80 -m -w 1"], service(VIP))
    answers = [connect(VIP, 80) for _ in range(6)]
    servers = [text.split()[0] for text, _ in answers]
    cases.check("answers alternate between the real servers", servers in (["r1", "r2"] * 3, ["r2", "r1"] * 3), servers)
    cases.check("real servers see the VIP as the client, and its own port (datapath.md 3, W1)",
                all(text.split()[1:] == [VIP, str(port)] for text, port in answers), answers[:2])


def guard_denies(cases, when):
    cases.check(f"guard {when}: another port of the VIP is refused", connect(VIP, 22)[0] == "ConnectionRefusedError",
                connect(VIP, 22)[0])
    cases.check(f"guard {when}: the served port answers", connect(VIP, 80)[0].startswith("r"))


def guard_cases(cases):
    guard_denies(cases, "from the start")
    cases.check("guard: an unserved UDP port of the VIP is silent", udp_answer(VIP, 9999) == "timeout" or
                udp_answer(VIP, 9999) == "TimeoutError", udp_answer(VIP, 9999))
    cases.check("guard: ping reaches the VIP",
                " 0% packet loss" in sh(f"ip netns exec {CLIENT} ping -c 1 -W 2 {VIP}", check=False))
    cases.check("guard: the node's own address is not touched", connect("192.0.2.1", 22)[0] == "host")
    shown = guard()
    cases.check("guard: the floating address of the VIP is the VIP", f"{VIP} : {VIP}" in shown)


def changes_in_place(cases, one):
    report = one.order(2, f"vip={VIP} {WEB}/wlc=10.0.0.1:80*1,10.0.0.2:80*0")
    cases.check("a changed scheduler and weight are set in place",
                service(VIP) == [f"-A -t {VIP}:80 -s wlc", f"-a -t {VIP}:80 -r 10.0.0.1:80 -m -w 1",
                                 f"-a -t {VIP}:80 -r 10.0.0.2:80 -m -w 0"], service(VIP))
    cases.check("a server of weight 0 is not usable", report.get("usable") == WEB + "=1", report.get("usable"))
    one.order(3, f"vip={VIP} {WEB}/mh=10.0.0.2:80*1")
    cases.check("a removed server is drained, a hashing scheduler gets its fallback flag",
                service(VIP) == [f"-A -t {VIP}:80 -s mh -b mh-fallback", f"-a -t {VIP}:80 -r 10.0.0.1:80 -m -w 0",
                                 f"-a -t {VIP}:80 -r 10.0.0.2:80 -m -w 1"], service(VIP))
    report = one.order(4, f"vip={VIP} {WEB}/twos=10.0.0.1:80*1,10.0.0.2:80*1")
    cases.check("a scheduler that the kernel lacks becomes wlc and is named (FN-30)",
                service(VIP)[:1] == [f"-A -t {VIP}:80 -s wlc"] and report["problems"] == "UnsupportedScheduler"
                and report["ready"] == VIP, report)
    report = one.order(5, f"vip={VIP} {WEB}/rr=10.0.0.1:80*1,224.0.0.1:80*1")
    cases.check("a server that the kernel refuses is named, the others serve",
                report["problems"] == "ServerRefused" and report["usable"] == WEB + "=1" and report["ready"] == VIP, report)


def repairs(cases, one):
    one.order(6, f"vip={VIP} {WEB}/rr=10.0.0.1:80*1,10.0.0.2:80*1")
    whole = service(VIP)
    count = "fairlead_node_ipvs_repairs_total"
    node("ipvsadm -C")
    took = until(lambda: service(VIP) == whole, 5)
    cases.check("after ipvsadm -C the audit puts the service back (FN-07, P-13)", took is not None and took < 2.5, took)
    cases.check("the repair is counted by cause", one.metric(count + '{cause="service_missing"}') == 1)
    node(f"ipvsadm -e -t {VIP}:80 -r 10.0.0.1:80 -m -w 9")
    took = until(lambda: service(VIP) == whole, 5)
    cases.check("a foreign edit of a weight is undone (FN-07)", took is not None, took)
    node(f"ipvsadm -a -t {VIP}:80 -r 10.0.0.3:80 -m")
    took = until(lambda: service(VIP) == whole, 5)
    cases.check("a foreign server in our service is removed", took is not None, took)
    cases.check("each cause has its own count", one.metric(count + '{cause="server_changed"}') == 1 and
                one.metric(count + '{cause="server_unwanted"}') == 1)
    cases.check("a repair does not take the VIP's readiness away", one.last["ready"] == VIP, one.last["ready"])


def guard_repairs(cases, one):
    before = one.metric("fairlead_node_guard_repairs_total")
    node("nft add table ip somebody")
    node("nft flush ruleset")
    took = until(lambda: guarded(VIP), 5)
    cases.check("after nft flush ruleset the table is back (FN-33: 1 s, gates are twice as loose)", took is not None and took < 2, took)
    guard_denies(cases, "restored")
    whole = guard()
    node("nft flush chain inet fairlead post")
    took = until(lambda: "snat ip to ct original" in guard(), 5)
    cases.check("a single chain emptied by others is restored", took is not None, took)
    node(f"nft delete element inet fairlead vip4 {{ {VIP} }}")
    took = until(lambda: re.sub(r"packets \d+ bytes \d+", "", guard()) == re.sub(r"packets \d+ bytes \d+", "", whole), 5)
    cases.check("a single element deleted by others is restored", took is not None, took)
    after = one.metric("fairlead_node_guard_repairs_total")
    cases.check("restorations are counted", after - before == 3, after - before)
    node("nft add table ip somebody")
    time.sleep(0.6)
    cases.check("a foreign table neither disturbs nor is disturbed", "table ip somebody" in node("nft list tables") and
                one.metric("fairlead_node_guard_repairs_total") == after)


def foreign(cases, one):
    key = f"TCP/{VIP2}/80"
    node(f"ipvsadm -A -t {VIP2}:80 -s sh")
    node(f"ipvsadm -A -t {FOREIGN}:80 -s lc")
    report = one.order(7, f"vip={VIP},{VIP2} {WEB}/rr=10.0.0.1:80*1,10.0.0.2:80*1 {key}/rr=10.0.0.1:80*1")
    cases.check("a wanted key that is somebody else's is named and left out (FN-34)",
                report["foreign"] == key and report["problems"] == "ForeignService" and report["ready"] == VIP, report)
    time.sleep(2.2)
    cases.check("it stays as it was, however often the audit looks", service(VIP2) == [f"-A -t {VIP2}:80 -s sh"], service(VIP2))
    node(f"ipvsadm -D -t {VIP2}:80")
    report = one.wait(lambda r: VIP2 in r["ready"], 6)
    cases.check("once it is gone ours takes its place", report.get("problems") == "" and
                service(VIP2) == [f"-A -t {VIP2}:80 -s rr", f"-a -t {VIP2}:80 -r 10.0.0.1:80 -m -w 1"], report)


def removal(cases, one):
    one.order(8, f"vip={VIP} {WEB}/rr=10.0.0.1:80*1,10.0.0.2:80*1")
    one.say(f"held 8 {VIP},{VIP2}")
    time.sleep(1.3)
    cases.check("a VIP that left keeps service and guard while it is held", len(service(VIP2)) == 2 and guarded(VIP2))
    one.say(f"held 8 {VIP}")
    took = until(lambda: not service(VIP2) and not guarded(VIP2), 5)
    cases.check("once its address is gone, service and guard go", took is not None, took)
    cases.check("the other VIP and the foreign service are as before", len(service(VIP)) == 3 and
                service(FOREIGN) == [f"-A -t {FOREIGN}:80 -s lc"])


def sysctls(cases, one):
    node("sysctl -qw net.ipv4.vs.conntrack=0")
    report = one.order(9, f"vip={VIP} {WEB}/rr=10.0.0.1:80*1,10.0.0.2:80*1")
    cases.check("a sysctl changed behind our back is a condition, and is not written (FN-28)",
                report["problems"] == "HostNotPrepared" and node("sysctl -n net.ipv4.vs.conntrack").strip() == "0", report)
    cases.check("and a metric", one.metric("fairlead_node_sysctl_mismatch") == 1)
    node("sysctl -qw net.ipv4.vs.conntrack=1")


def many(cases, one):
    servers = ",".join(f"10.0.0.{i}:80*1" for i in range(1, 5))
    text = " ".join(f"TCP/{VIP}/{port}/rr={servers}" for port in range(1000, 1500))
    begun = time.monotonic()
    one.order(10, f"vip={VIP} {text}", 60)
    report = one.wait(lambda r: r["sequence"] == "10" and r.get("ready") == VIP, 60)  # what takes long is done in several turns
    took = time.monotonic() - begun
    cases.check("500 services of 4 servers in one order", report.get("ready") == VIP and report["programmed"].count("TCP") == 500
                and len([line for line in table() if line.startswith("-a")]) == 2000, f"{took:.2f} s")
    node("ipvsadm -C")
    took = until(lambda: len([line for line in table() if line.startswith("-a")]) == 2000, 60)
    cases.check("and whole again after a flush (P-9)", took is not None, took or len(table()))
    node(f"ipvsadm -A -t {FOREIGN}:80 -s lc")


def restart(cases, one):
    one.order(11, f"vip={VIP} {WEB}/rr=10.0.0.1:80*1,10.0.0.2:80*1")
    old = f"TCP/{VIP}/8080"
    one.order(12, f"vip={VIP} {WEB}/rr=10.0.0.1:80*1,10.0.0.2:80*1 {old}/rr=10.0.0.1:80*1")
    one.end()
    cases.check("a killed daemon leaves its table and guard", len(service(VIP)) == 3 and guarded(VIP))
    node(f"ipvsadm -d -t {VIP}:80 -r 10.0.0.1:80")
    two = Forwarder(NODE)
    report = two.order(1, f"vip={VIP} owned={WEB},{old} {WEB}/rr=10.0.0.1:80*1,10.0.0.2:80*1")
    cases.check("the next run adopts what the checkpoint owns, corrects it, deletes what left the plan (FN-36)",
                report["ready"] == VIP and report["programmed"] == WEB and len(service(VIP)) == 3 and
                not service(VIP, 8080), report)
    return two


def ends(cases, one):
    one.order(20, "vip=")
    one.say("held 20")
    took = until(lambda: not service(VIP) and "fairlead" not in node("nft list tables"), 5)
    cases.check("an empty plan leaves no service of ours and no table", took is not None, took)
    cases.check("foreign service and table are still there", table() == [f"-A -t {FOREIGN}:80 -s lc"] and
                "table ip somebody" in node("nft list tables"), table())
    one.order(21, f"vip={VIP} {WEB}/rr=10.0.0.1:80*1")
    one.end()
    cleaned = node(f"{BUILD}/support/forwarder cleanup {WEB} TCP/{VIP}/81")
    cases.check("cleanup removes what the checkpoint owns and the table, nothing else (S-4)",
                cleaned.strip() == f"cleaned services={WEB} guard=1" and table() == [f"-A -t {FOREIGN}:80 -s lc"] and
                "table ip somebody" in node("nft list tables"), cleaned.strip())


def delegate(cases):
    one = Forwarder(EMPTY)
    report = one.order(1, f"vip={VIP}")
    tables = sh(f"ip netns exec {EMPTY} nft list tables")
    cases.check("a Delegate VIP is ready at once, without table or service", report.get("ready") == VIP and
                report["problems"] == "" and tables == "" and sh(f"ip netns exec {EMPTY} ipvsadm -Sn") == "", report)
    one.end()


def main():
    subprocess.run(["modprobe", "ip_vs"], stderr=subprocess.DEVNULL, check=False)
    if not os.path.exists("/proc/net/ip_vs"):
        if os.environ.get("FORWARDING_TEST_INSIDE"):
            sys.exit("the virtual machine has no IPVS either")
        os.environ.update(FORWARDING_TEST_INSIDE="1", FAIRLEAD_BUILD=BUILD)
        vm = TREE + "/tests/lab/vm/run"
        os.execv(vm, [vm, "--timeout", "600", "--env", "FORWARDING_TEST_INSIDE", "--env", "FAIRLEAD_BUILD", "--",
                      os.path.abspath(__file__)])
    cases = Cases()
    build()
    try:
        prepare_host(cases)
        delegate(cases)
        one = Forwarder(NODE)
        adds_and_forwards(cases, one)
        guard_cases(cases)
        for step in (changes_in_place, repairs, guard_repairs, foreign, removal, sysctls, many):
            step(cases, one)
        ends(cases, restart(cases, one))
    finally:
        remove()
    cases.finish()


if __name__ == "__main__":
    main()
