"""The demo: the main job, end to end, on real parts. See scripts/demo --help and docs of the steps below."""
import os
import re
import signal
import statistics
import subprocess
import time

from labkit import agent as agents
from labkit import judge, loss, net, state
from labkit.agent import LabError
from labkit.cluster import Cluster
from labkit.evidence import Evidence
from labkit.lab import Lab
from labkit.narrate import Table, Waiting, command, heading, output, say
from labkit.status import Observer

LAB = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TREE = os.path.dirname(os.path.dirname(LAB))
OBJECTS = "tests/lab/objects"
WEB, FRONT, ALONE = "192.0.2.10", "192.0.2.11", "198.51.100.10"
ADVERT_MS = 250
# How much later than promised something may be seen: scheduling and measuring.
NOISE_MS = {"host": 50, "guest": 250}
# From the loss of the master to the new one's first gratuitous ARP, or to answers again.
GATE_MS = {"host": 1200, "guest": 2500}
# An address whose renewal stopped: lifetime 1 s, and the kernel's own 1.1 s.
FENCE_MS = 2100
# The same less the shortest time after which a backup takes over.
OVERLAP_MS = 1400
COUNTED = 40
RUNS = 10
FORBIDDEN = re.compile(r"AddressSanitizer|ThreadSanitizer|runtime error:|terminate called|[Aa]ssertion.*failed|"
                       r"Segmentation fault|\[critical\]|std::bad_alloc|double free|corrupted")


class Demo:
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

    # ---- the steps ----
    def step_1(self):
        heading("1. kubectl apply: CRDs and RBAC, an AddressPool, a VirtualIP with two real servers, a Service")
        os.chdir(TREE)
        done = [self.kubectl("apply -k manifests")[0]]
        done.append(self.kubectl("wait --for=condition=Established crd --all --timeout=30s")[0])
        self._start_daemons()
        for name in ("pool", "virtualip", "service"):
            done.append(self.kubectl(f"apply -f {OBJECTS}/{name}.yaml")[0])
        self.table.add("apply", "kubectl applies manifests and objects", f"exit {' '.join(map(str, done))}", "exit 0",
                       not any(done))
        if any(done):
            raise LabError("kubectl apply failed: nothing more can be shown")
        self.observer = Observer(self.cluster, self.evidence)

    def _start_daemons(self):
        say("Nodes made by hand; each process gets a token of its service account and nothing else")
        for node in self.lab.layout.nodes:
            self.cluster.make_node(node, {"fairlead-lab": "main"})
            self.lab.prepare(node)
        with open(state.ROOT + "/controller.kubeconfig", "w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(self.cluster.kubeconfig_of("fairlead-controller", f"https://127.0.0.1:{self.cluster.port}"))
        argv = [self.build + "/controller/fairlead-controller", "--kubeconfig", state.ROOT + "/controller.kubeconfig"]
        command(" ".join(argv))
        self.host.spawn("controller", argv, state.ROOT + "/controller.log")
        for node in self.lab.layout.nodes:
            prepared = self.lab.agent.run([self.build + "/node/fairlead-node", "prepare-host"],
                                          netns="fairlead-" + node, check=False)
            if node == self.lab.layout.nodes[0]:
                command(f"ip netns exec fairlead-{node} fairlead-node prepare-host")
                output(prepared.out + prepared.err, 12)
            if prepared.rc != 0:
                raise LabError(f"fairlead-node prepare-host on {node}: exit {prepared.rc}")
            command(f"ip netns exec fairlead-{node} " + " ".join(self.lab.node_command(node)))
            self.lab.start(node)

    def step_2(self):
        heading("2. kubectl get vip -A: filled and true")
        vips = {"web": WEB, "front": FRONT}
        with Waiting("for the VIPs to be served"):
            limit = time.monotonic() + 60
            while time.monotonic() < limit and not all(
                    self.observer.latest(n).get("state") == "Ready" and self.lab.holder(a)
                    and self.observer.latest(n).get("reals") == "2/2" for n, a in vips.items()):
                time.sleep(0.2)
        self.check_masters("status.masters", "kubectl names the node that alone lists the address", vips)
        rows = self.virtual_ips("status.filled")
        for name, address in vips.items():
            row = rows.get(name, {})
            shown = " ".join(row.get(c, "") for c in ("ADDRESS", "STATE", "REALS", "AGE"))
            self.table.add(f"status.{name}", f"columns of {name}", shown, f"{address} Ready 2/2 and an age",
                           shown.startswith(f"{address} Ready 2/2 ") and bool(row.get("AGE")))
        _, out = self.kubectl("get service front -n shop -o jsonpath={.status.loadBalancer.ingress}", key="service")
        self.table.add("service", "the Service says its address", out.strip() or None, f"{FRONT}, ipMode Proxy",
                       f'"ip":"{FRONT}"' in out and '"ipMode":"Proxy"' in out)
        if self.lab.holder(WEB) is None:
            for node in self.lab.layout.nodes:
                output(f"log of {node}:\n" + self.lab.agent.read_all(self.lab.log(node))[-1500:])
            raise LabError(f"no node holds {WEB} alone: nothing more can be shown")

    def counters(self, node, protocol):
        """(connections, packets in, packets out) that IPVS of a node counts for the main VIP."""
        flag = "-t" if protocol == "tcp" else "-u"
        argv = ["ipvsadm", "-L", "-n", flag, WEB + ":80", "--stats", "--exact"]
        shown = self.lab.agent.run(argv, netns="fairlead-" + node, check=False)
        self.evidence.line("counters.jsonl", node=node, protocol=protocol, out=shown.out, wall=time.time_ns())
        for line in shown.out.splitlines():
            fields = line.split()
            if fields and fields[0].lower() == protocol and fields[1].endswith(":80"):
                return shown.out, tuple(int(x) for x in fields[2:5])
        raise LabError(f"IPVS of {node} has no service {protocol} {WEB}:80: {shown.out}{shown.err}")

    def step_3(self):
        heading("3. the client reaches the VIP; the real servers take turns; IPVS counted what the client counted")
        master = self.lab.holder(WEB)
        for protocol in ("tcp", "udp"):
            _, before = self.counters(master, protocol)
            command(f"ip netns exec fairlead-client prober count {protocol} {WEB}:80 {COUNTED}")
            answers, mine = self.lab.count(protocol, protocol, WEB + ":80", COUNTED)
            output(" ".join(answers), 3)
            output(str(mine))
            turns = all(a and b and a != b for a, b in zip(answers, answers[1:]))
            self.table.add(f"turns.{protocol}", f"answers over {protocol} alternate",
                           f"{answers.count('r1')} r1, {answers.count('r2')} r2, {'in turn' if turns else 'not in turn'}",
                           f"{COUNTED // 2} each, in turn", turns and set(answers) == {"r1", "r2"})
            time.sleep(3)
            text, after = self.counters(master, protocol)
            command(f"ip netns exec fairlead-{master} ipvsadm -L -n --stats --exact")
            output(text)
            counted = tuple(b - a for a, b in zip(before, after))
            wanted = (mine["connections"], mine["packets_out"], mine["packets_in"])
            form = "{} connections, {} packets in, {} out"
            self.table.add(f"counters.{protocol}", f"IPVS counters of {master} over {protocol}, 3 s later",
                           form.format(*counted), form.format(*wanted), counted == wanted)
        command(f"ip netns exec fairlead-client prober count tcp {FRONT}:80 10")
        answers, mine = self.lab.count("front", "tcp", FRONT + ":80", 10)
        output(" ".join(answers))
        self.table.add("front", "the Service's endpoints answer", f"{len(answers) - mine['failed']} of {len(answers)}, "
                       f"by {' '.join(sorted(set(filter(None, answers))))}", "10 of 10, by r1 r2",
                       mine["failed"] == 0 and set(answers) == {"r1", "r2"})

    def step_4a(self):
        heading("4a. the master's daemon is killed with kill -9")
        master, gate, noise = self.lab.holder(WEB), GATE_MS[self.where], NOISE_MS[self.where]
        if self.sabotage:
            say(f"SABOTAGE: {self.sabotage.name}")
            self.sabotage.before_loss(self, master)
        command(f"kill -9 the fairlead-node of {master}")
        after = self.sabotage.after_loss if self.sabotage else None
        lost = loss.lose(self.lab, WEB, WEB + ":80", master, "kill", "a", after)
        output(f"first gratuitous ARP by {lost.successor} after {lost.takeover} ms; "
               f"prober lost {lost.probe['lost']} of {lost.probe['sent']}; both listed the address for {lost.overlap} ms")
        self.check_takeover("a.takeover", lost, gate)
        self.table.add("a.outage", "kill -9: prober's longest silence", _ms(lost.outage()), f"about 0, at most {gate} ms",
                       lost.outage() is not None and lost.outage() <= gate)
        self.table.add("a.gone", f"kill -9: address gone from {master} by itself", _ms(lost.gone),
                       f"at most {FENCE_MS + noise} ms", lost.gone is not None and lost.gone <= FENCE_MS + noise)
        self.table.add("a.overlap", "kill -9: both nodes list the address", _ms(lost.overlap),
                       f"at most {OVERLAP_MS + noise} ms", lost.overlap <= OVERLAP_MS + noise)
        if self.sabotage and self.sabotage.name == "no-fence":
            return
        self.check_masters("a.master", "kill -9: kubectl names the new master", {"web": WEB})
        self.check_transition("a.said", "kill -9: outageMs against the takeover", lost.takeover, lost.successor)
        if self.sabotage:
            return
        self.check_return("a", master, "kill")

    def check_takeover(self, key, lost, gate):
        self.table.add(key, "kill -9: to the new master's first gratuitous ARP", _ms(lost.takeover),
                       f"at most {gate} ms", lost.takeover is not None and lost.takeover <= gate)

    def check_return(self, phase, node, how):
        command(f"start fairlead-node of {node} again" if how == "kill" else f"mend the {how} of {node}")
        with Waiting(f"for {node} to be warm and to reclaim the address"):
            took = loss.give_back(self.lab, WEB, node, how, phase)
        self.table.add(f"{phase}.return", f"{_NAMES[how]}: the node returns and reclaims", _ms(took),
                       f"by {node} within 40 s", took is not None)
        self.check_masters(f"{phase}.return.master", f"{_NAMES[how]}: kubectl names it again",
                           {"web": WEB, "front": FRONT})

    def step_4b(self):
        heading("4b. carrier down on the master's VIP interface")
        master, gate = self.lab.holder(WEB), GATE_MS[self.where]
        command(f"ip -n fairlead-seg link set {master} down    # the other end of its cable")
        lost = loss.lose(self.lab, WEB, WEB + ":80", master, "carrier", "b")
        output(f"first gratuitous ARP by {lost.successor} after {lost.takeover} ms; both listed the address for {lost.overlap} ms")
        self.table.add("b.outage", "carrier down: outage", _ms(lost.outage()), f"at most {gate} ms",
                       lost.outage() is not None and 0 < lost.outage() <= gate)
        self.check_masters("b.master", "carrier down: kubectl names the new master", {"web": WEB})
        self.check_transition("b.said", "carrier down: outageMs against the outage", lost.outage(), lost.successor)
        self.check_return("b", master, "carrier")

    def step_4c(self):
        heading("4c. the master's bridge port detached: it sees nothing of it, so there are two while the split lasts")
        master, gate, noise = self.lab.holder(WEB), GATE_MS[self.where], NOISE_MS[self.where]
        command(f"ip -n fairlead-seg link set {master} nomaster")
        lost = loss.lose(self.lab, WEB, WEB + ":80", master, "port", "c")
        output(f"first gratuitous ARP by {lost.successor} after {lost.takeover} ms")
        self.table.add("c.outage", "port detached: outage", _ms(lost.outage()), f"at most {gate} ms",
                       lost.outage() is not None and 0 < lost.outage() <= gate)
        holders = [h[len("fairlead-"):] for h in self.lab.feed.holders(WEB)]
        self.table.add("c.split", "port detached: two masters while split", " ".join(holders) or None,
                       f"{master} and another", len(holders) == 2 and master in holders)
        steady = self.observer.wait_steady({"web": lost.successor}, 15)
        said = self.virtual_ips("c.master", {"web": lost.successor}).get("web", {})
        self.table.add("c.master", "port detached: kubectl names the newer master, and the split",
                       f"{said.get('MASTER')} {said.get('STATE')}" + ("" if steady else ", not steady"),
                       f"{lost.successor} Split", steady and said.get("MASTER") == lost.successor
                       and said.get("STATE") == "Split")
        self.check_transition("c.said", "port detached: outageMs against the outage", lost.outage(), lost.successor)
        command(f"ip -n fairlead-seg link set {master} master br0")
        took = loss.give_back(self.lab, WEB, master, "port", "c")
        self.table.add("c.heal", "healed: one master again after", _ms(took), f"at most {ADVERT_MS + noise} ms",
                       took is not None and took <= ADVERT_MS + noise)
        self.check_masters("c.return.master", "healed: kubectl names it", {"web": WEB, "front": FRONT})

    def step_5(self):
        heading("5. the API server stopped: failover, restart from the checkpoint, and the status catches up")
        master, gate = self.lab.holder(WEB), GATE_MS[self.where]
        command("stop kube-apiserver")
        output(self.cluster.stop_api())
        self.lab.mark("api-stopped", self.lab.agent.clock()[0])
        command(f"kill -9 the fairlead-node of {master}")
        lost = loss.lose(self.lab, WEB, WEB + ":80", master, "kill", "d")
        output(f"first gratuitous ARP by {lost.successor} after {lost.takeover} ms")
        self.table.add("d.takeover", "no API server, kill -9: to the first gratuitous ARP", _ms(lost.takeover),
                       f"at most {gate} ms", lost.takeover is not None and lost.takeover <= gate)
        command(f"start fairlead-node of {master} again")
        with Waiting(f"for {master} to come up from its checkpoint"):
            took = loss.give_back(self.lab, WEB, master, "kill", "d")
        answers, mine = self.lab.count("checkpoint", "tcp", WEB + ":80", 10)
        self.table.add("d.checkpoint", "no API server: the restarted daemon reclaims and serves",
                       f"{_ms(took)}, {len(answers) - mine['failed']} of {len(answers)} answered",
                       f"by {master} within 40 s, 10 of 10", took is not None and mine["failed"] == 0)
        command(f"ip -n fairlead-seg link set {master} down    # so that the status has something to catch up with")
        lost = loss.lose(self.lab, WEB, WEB + ":80", master, "carrier", "e")
        self.table.add("e.outage", "no API server, carrier down: outage", _ms(lost.outage()), f"at most {gate} ms",
                       lost.outage() is not None and 0 < lost.outage() <= gate)
        command("start kube-apiserver")
        with Waiting("the API server starts"):
            output(self.cluster.start_api())
        self.lab.mark("api-started", self.lab.agent.clock()[0])
        with Waiting("for the status to catch up"):
            self.observer.wait_steady({"web": lost.successor}, 60)
        self.check_masters("e.master", "API server back: the status catches up", {"web": WEB})
        self.check_return("e", master, "carrier")

    def step_6(self):
        heading("6. kubectl delete: nothing is left anywhere")
        done = [self.kubectl(f"delete -f {OBJECTS}/{n}.yaml --timeout=60s", timeout=200)[0]
                for n in ("service", "virtualip", "pool")]
        kinds = "virtualips,vrrpgroups,realserversets,addresspools"
        limit = time.monotonic() + 30
        while True:
            _, left = self.kubectl(f"get {kinds} -A --ignore-not-found -o name", key="delete.objects", quiet=True)
            if not left.strip() or time.monotonic() > limit:
                break
            time.sleep(0.5)
        command(f"kubectl get {kinds} -A -o name")
        output(left.strip() or "(nothing)")
        self.table.add("delete.objects", "kubectl delete: objects and finalizers left",
                       f"exit {' '.join(map(str, done))}, " + (left.strip().replace("\n", " ") or "none"),
                       "exit 0, none", not any(done) and not left.strip())
        self.check_leftovers("delete.kernel", "kubectl delete: addresses, IPVS services, nft tables left")
        codes = []
        for node in self.lab.layout.nodes:
            self.lab.kill(node, signal.SIGTERM)
            codes.append(self.lab.agent.wait(f"main-{node}", 20))
        self.host.signal("controller")
        codes.append(self.host.wait("controller", 20))
        self.lab.mark("exits", self.lab.agent.clock()[0], codes=codes)
        self.table.add("delete.exit", "SIGTERM: nodes and controller exit", " ".join(map(str, codes)), "0 0 0 0",
                       codes == [0, 0, 0, 0])

    def leftovers(self):
        script = "ip -o -4 address show; grep -E '^(TCP|UDP|SCTP|FWM)' /proc/net/ip_vs; nft list tables"
        left = []
        for name in self.lab.layout.addresses():
            shown = self.lab.agent.run(["sh", "-c", script], netns="fairlead-" + name, check=False).out
            self.evidence.line("leftovers.jsonl", machine=name, out=shown)
            for line in shown.splitlines():
                own = f" {self.lab.layout.addresses()[name]}/24 "
                harmless = line.startswith(("1: lo",)) and " 127.0.0.1/8 " in line or own in line or ": kube " in line
                if not harmless:
                    left.append(f"{name}: {line.strip()}")
        return left

    def check_leftovers(self, key, what):
        limit = time.monotonic() + 10
        while (left := self.leftovers()) and time.monotonic() < limit:
            time.sleep(0.5)
        command("ip address; cat /proc/net/ip_vs; nft list tables    # in every namespace")
        output("\n".join(left) or "(nothing of ours)")
        self.table.add(key, what, "; ".join(left)[:120] or "none", "none", not left)

    def step_7(self):
        heading(f"7. the same loss on this machine's own kernel, forwarding: Delegate, {RUNS} runs each")
        lab = Lab("host", self.host, net.HOST_KERNEL_LAYOUT, self.cluster, self.build, self.evidence, "127.0.0.1")
        try:
            self._delegate(lab)
        finally:
            lab.down()

    def _delegate(self, lab):
        lab.up()
        if self.host.wait("controller", 0) is not None:
            self.host.spawn("controller", [self.build + "/controller/fairlead-controller", "--kubeconfig",
                                           state.ROOT + "/controller.kubeconfig"], state.ROOT + "/controller.log")
        for node in lab.layout.nodes:
            self.cluster.make_node(node, {"fairlead-lab": "host"})
            lab.prepare(node)
            lab.serve(node, 80)
            lab.start(node)
        self.kubectl(f"apply -f {OBJECTS}/delegate.yaml")
        self.write_meta(lab)
        with Waiting("for the address to be held"):
            held = lab.feed.wait(lambda _: lab.holder(ALONE), 60)
        if held is None:
            raise LabError(f"no node holds {ALONE} alone")
        # The strongest member reclaims: measure only once it has.
        time.sleep(3)
        master = lab.holder(ALONE)
        if master is None:
            raise LabError(f"no node holds {ALONE} alone")
        for how, key, what in (("kill", "takeover", "kill -9: to the first gratuitous ARP"),
                               ("carrier", "outage", "carrier down: outage")):
            figures = []
            for i in range(1, RUNS + 1):
                lost = loss.lose(lab, ALONE, ALONE + ":80", master, how, f"{how}-{i}")
                figure = lost.takeover if how == "kill" else lost.outage()
                extra = f"silence {_ms(lost.outage())}, gone {_ms(lost.gone)}, " if how == "kill" else ""
                back = loss.give_back(lab, ALONE, master, how, f"{how}-{i}")
                output(f"{_NAMES[how]}, run {i} of {RUNS}: {_ms(figure)} ({extra}both {_ms(lost.overlap)}, "
                       f"back after {_ms(back)})")
                figures.append(figure)
                if back is None:
                    break
            whole = len(figures) == RUNS and None not in figures
            shown = f"median {statistics.median(figures):.1f} ms, worst {max(figures):.1f} ms" if whole else None
            self.table.add(f"host.{key}", f"this kernel, {what}, {RUNS} runs", shown,
                           f"worst at most {GATE_MS['host']} ms", whole and max(figures) <= GATE_MS["host"])
        self.kubectl(f"delete -f {OBJECTS}/delegate.yaml --timeout=60s")
        if judge.missed(lab.feed.poll()):
            self.table.add("host.missed", "netwatch on this kernel missed nothing", "something", "nothing", False)

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
        found = []
        for name in sorted(os.listdir(self.evidence.path("logs"))):
            with open(self.evidence.path("logs/" + name), errors="replace") as file:
                found += [f"{name}: {line.strip()[:80]}" for line in file
                          if not name.startswith("kube-") and FORBIDDEN.search(line)]
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


_NAMES = {"kill": "kill -9", "carrier": "carrier down", "port": "port detached"}


def _ms(figure):
    return None if figure is None else f"{figure} ms"
