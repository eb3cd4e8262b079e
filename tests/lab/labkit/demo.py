"""The demo: the main job, end to end, on real parts. See scripts/demo --help; the steps have files of their own."""
import os
import re
import subprocess
import time

from labkit import agent as agents
from labkit import judge, net, state
from labkit.cluster import Cluster
from labkit.enduring import Enduring
from labkit.evidence import Evidence
from labkit.figures import (ADVERT_MS, ALONE, COUNTED, FENCE_MS, FORBIDDEN, FRONT, GATE_MS, NOISE_MS, OVERLAP_MS,
                            RUNS, UNFENCED, WEB)
from labkit.host_kernel import HostKernel
from labkit.lab import Lab
from labkit.losing import Losing
from labkit.narrate import Table, Waiting, command, heading, output, say
from labkit.serving import Serving


class Demo(Serving, Losing, Enduring, HostKernel):
    def __init__(self, build, evidence_dir, sabotage=None):
        self.build, self.sabotage = build, sabotage
        self.evidence, self.table = Evidence(evidence_dir), Table()
        self.cluster = self.lab = self.host = self.guest = self.observer = None
        self.where, self.kernel_of_nodes = "host", ""
        self.state = {"owner": os.getpid()}

    # ---- starting and ending ----
    def bring_up(self):
        heading("a cluster of its own: etcd, kube-apiserver, kube-controller-manager on this machine")
        self.state["cluster"] = state.ROOT + "/cluster"
        state.save(self.state)
        self.cluster = Cluster(self.state["cluster"])
        with Waiting("the API server starts"):
            output(self.cluster.up())
        self.host = self._place("host", agents.start_here)
        # The kernel's own modules where there are any; without IPVS the nodes live in the virtual machine.
        subprocess.run(["modprobe", "-q", "ip_vs"], check=False, stderr=subprocess.DEVNULL)
        if os.path.exists("/proc/net/ip_vs"):
            place = self.host
        else:
            self.where = "guest"
            say("this kernel has no IPVS: the nodes live in a virtual machine with Debian's kernel")
            with Waiting("the virtual machine boots"):
                place = self.guest = self._place("guest", agents.start_in_guest)
        upstream = "127.0.0.1" if self.where == "host" else "10.0.2.2"
        self.lab = Lab("main", place, net.Layout(), self.cluster, self.build, self.evidence, upstream)
        self.kernel_of_nodes = place.run(["uname", "-r"]).out.strip()
        heading(f"three nodes, a client, two real servers as network namespaces (Linux {self.kernel_of_nodes}, {self.where})")
        self.lab.up()
        output("\n".join(f"fairlead-{m}: eth1 {a}/24" for m, a in self.lab.layout.addresses().items()))
        output(f"fairlead-{self.lab.layout.kube}: the nodes' path to the API server, an interface of its own ({self.lab.server})")

    def _place(self, name, starter):
        agent, process = starter(f"{state.ROOT}/{name}-agent.log")
        self.state[name] = {"pid": process.pid, "port": agent.port, "token": agent.token}
        state.save(self.state)
        return agent

    def finish_evidence(self):
        """Brings in what is still elsewhere. Safe to call whatever happened."""
        for lab in (self.lab,):
            if lab:
                lab.collect()
        for source, name in ((f"{state.ROOT}/controller.log", "logs/controller.log"),
                             (self.cluster.audit if self.cluster else "", "audit.log"),
                             (f"{state.ROOT}/cluster/log/kube-apiserver.log", "logs/kube-apiserver.log")):
            if source and os.path.exists(source):
                with open(source, errors="replace") as file:
                    self.evidence.write(name, file.read())
        self.evidence.write("table.json", {"rows": self.table.rows})

    # ---- talking to the cluster ----
    def kubectl(self, line, key=None, expect=None, quiet=False, **more):
        if not quiet:
            command("kubectl " + line)
        begun = time.time_ns()
        code, out = self.cluster.kubectl(*line.split(), **more)
        self.evidence.line("kubectl.jsonl", wall=begun, wall_end=time.time_ns(), argv=line, rc=code, out=out, key=key,
                           expect=expect)
        if not quiet:
            output(out)
        return code, out

    def virtual_ips(self, key, expect=None):
        """kubectl get vip -A as {name: {column: value}}; cut at the header's columns, as cells can be empty."""
        _, out = self.kubectl("get vip -A", key=key, expect=expect)
        lines = out.splitlines()
        if not lines or not lines[0].startswith("NAMESPACE"):
            return {}
        columns = [(m.group(), m.start()) for m in re.finditer(r"\S+", lines[0])]
        rows = {}
        for line in lines[1:]:
            cells = {n: line[b:e].strip() for (n, b), e in
                     zip(columns, [c[1] for c in columns[1:]] + [len(line)])}
            rows[cells.get("NAME", "")] = cells
        return rows

    def check_masters(self, key, what, vips):
        """kubectl names, for each of {name: address}, the node that alone lists the address, and keeps to it."""
        # Two nodes may list it while a hand-over is under way.
        self.lab.feed.wait(lambda _: all(self.lab.holder(a) for a in vips.values()) or None, 5)
        expect = {name: self.lab.holder(address) for name, address in vips.items()}
        steady = all(expect.values()) and self.observer.wait_steady(expect, 15)
        rows = self.virtual_ips(key, expect)
        named = {name: rows.get(name, {}).get("MASTER", "") for name in vips}
        shown = ", ".join(f"{n} {m or 'none'}" for n, m in named.items()) + ("" if steady else ", not steady")
        wanted = ", ".join(f"{n} {m or 'one holder'}" for n, m in expect.items())
        self.table.add(key, what, shown, wanted, steady and named == expect)

    def check_transition(self, key, what, figure, successor):
        """lastTransition.outageMs of the main VIP against what was measured from outside."""
        noise = NOISE_MS[self.where]
        _, out = self.kubectl("get vip web -n shop -o jsonpath={.status.lastTransition}", key=key)
        found = self.observer.latest("web").get("lastTransition", {})
        output(f"measured from outside: {figure} ms")
        said = found.get("outageMs")
        if figure is None:
            self.table.add(key, what, None, "a measured figure", False)
            return
        low, high = figure - noise, figure + ADVERT_MS + noise
        ok = said is not None and low <= said <= high and found.get("to") == successor and f'"outageMs":{said}' in out
        self.table.add(key, what, None if said is None else f"{said} ms, to {found.get('to')}",
                       f"{low:.0f}..{high:.0f} ms, to {successor}", ok)

    # ---- the end ----
    def write_meta(self, *more):
        labs = [self.lab, *more]
        self.evidence.write("meta.json", {
            "where": self.where, "kernel": self.kernel_of_nodes, "host_kernel": os.uname().release,
            "advert_ms": ADVERT_MS, "noise_ms": NOISE_MS[self.where], "gate_ms": GATE_MS[self.where],
            "host_gate_ms": GATE_MS["host"], "fence_ms": FENCE_MS, "overlap_ms": OVERLAP_MS, "runs": RUNS,
            "counted": COUNTED, "vips": {"web": WEB, "front": FRONT, "alone": ALONE},
            "sabotage": self.sabotage.name if self.sabotage else None,
            "labs": {lab.name: {"macs": lab.macs, "addresses": lab.layout.addresses(), "nodes": lab.layout.nodes}
                     for lab in labs}})

    def check_honesty(self):
        missed = judge.missed(self.lab.feed.poll())
        self.table.add("missed", "netwatch missed nothing", f"{len(missed)} gaps", "0 gaps", not missed)
        found, unfenced = [], []
        for name in sorted(os.listdir(self.evidence.path("logs"))):
            with open(self.evidence.path("logs/" + name), errors="replace") as file:
                lines = [] if name.startswith("kube-") else [(f"{name}: {line.strip()[:80]}", line) for line in file]
            found += [shown for shown, line in lines if FORBIDDEN.search(line)]
            unfenced += [shown for shown, line in lines if UNFENCED.search(line)]
        self.table.add("fence.kept", "no node says that its finer fence was refused, or gone", "; ".join(unfenced[:2]) or "none",
                       "none", not unfenced)
        self.table.add("logs", "no crash and no failed assertion in any log", "; ".join(found[:2]) or "none", "none",
                       not found)

    def play(self):
        """All steps; under sabotage those that show it."""
        self.step_1()
        self.write_meta()
        self.step_2()
        if not self.sabotage:
            self.step_3()
        self.step_4a()
        if not self.sabotage:
            self.step_4b()
            self.step_4c()
            self.step_5()
            self.step_6()
            self.step_7()
        self.lab.collect()
        self.finish_evidence()
        self.check_honesty()
        self.finish_evidence()
