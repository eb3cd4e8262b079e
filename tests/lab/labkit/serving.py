"""Steps 1 to 3 of the demo: applied, filled and true, answered and counted."""
import os
import time

from labkit import state
from labkit.agent import LabError
from labkit.cluster import controller_command
from labkit.figures import COUNTED, FRONT, OBJECTS, TREE, WEB
from labkit.narrate import Waiting, command, heading, output, say
from labkit.status import Observer


class Serving:
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
        argv = controller_command(self.build, state.ROOT + "/controller.kubeconfig")
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
        self.check_fence()
        if self.lab.holder(WEB) is None:
            for node in self.lab.layout.nodes:
                output(f"log of {node}:\n" + self.lab.agent.read_all(self.lab.log(node))[-1500:])
            raise LabError(f"no node holds {WEB} alone: nothing more can be shown")

    def check_fence(self):
        """What each node counts of the groups that the kernel holds the finer fence of; two addresses may share a group."""
        _, out = self.kubectl("get vrrpgroups -o name", key="groups", quiet=True)
        wanted, counted, limit = (len(out.split()), 0), {}, time.monotonic() + 10
        while time.monotonic() < limit and list(counted.values()) != [wanted] * 3:
            for node in self.lab.layout.nodes:
                argv = ["curl", "-s", "http://127.0.0.1:9473/metrics"]
                shown = self.lab.agent.run(argv, netns="fairlead-" + node, check=False).out
                lines = [x for x in shown.splitlines() if x.startswith(("fairlead_node_fenced", "fairlead_node_unfenced"))]
                self.evidence.line("fence.jsonl", node=node, lines=lines)
                values = dict(x.split() for x in lines)
                counted[node] = tuple(int(float(values.get(f"fairlead_node_{n}_groups", -1))) for n in ("fenced", "unfenced"))
        self.table.add("fence.held", "groups that the kernel holds the finer fence of, and refuses",
                       ", ".join(f"{n} {held} and {refused}" for n, (held, refused) in counted.items()),
                       f"{wanted[0]} and 0 on each node", wanted[0] and all(found == wanted for found in counted.values()))

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
