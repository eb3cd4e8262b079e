"""keepalived in a namespace, one process for all its VirtualRouters."""
import os
import re
import signal


class Keepalived:
    kind = "keepalived"

    def __init__(self, world, namespace, name="k"):
        self.world, self.namespace, self.node = world, namespace, name
        self.base = f"{world.folder}/{namespace}-{name}"
        self.program, self.starts = None, 0
        self.globals = ()  # more lines of global_defs

    def instance(self, router):
        def block(word, addresses):
            lines = [f"    {a}/{router.prefix()} dev {router.interface}" for a in addresses]
            return [f"  {word} {{", *lines, "  }"] if addresses else []
        interval = router.interval / 1000
        lines = [f"vrrp_instance {router.name} {{", "  state BACKUP", f"  interface {router.interface}",
                 f"  virtual_router_id {router.vrid}", f"  version {router.version}", f"  priority {router.priority}",
                 f"  advert_int {interval:g}"]
        if not router.preempt:
            lines.append("  nopreempt")
        if router.password is not None:
            lines += ["  authentication {", "    auth_type PASS", f"    auth_pass {router.password}", "  }"]
        if router.peers:
            lines += [f"  unicast_src_ip {router.own}", "  unicast_peer {", *[f"    {p}" for p in router.peers], "  }",
                      "  check_unicast_src", "  unicast_ttl 255"]
        lines += block("virtual_ipaddress", router.vips) + block("virtual_ipaddress_excluded", router.excluded)
        return "\n".join(lines + [f"  {line}" for line in dict(router.extra).get("keepalived", ())] + ["}", ""])

    def write(self, routers):
        with open(self.base + ".conf", "w") as file:
            more = "".join(f"  {line}\n" for line in self.globals)
            file.write(f"global_defs {{\n  router_id {self.node}\n  vrrp_version 3\n{more}}}\n")
            file.write("".join(self.instance(r) for r in routers))

    def start(self, routers):
        self.write(routers)
        self.starts += 1
        # -G: no syslog, which writes each line to the console where there is no daemon for it, and a serial line takes 10 ms.
        command = ["keepalived", "-n", "-l", "-G", "-D", "-P", "-f", self.base + ".conf", "-p", self.base + ".pid",
                   "-r", self.base + ".vrrp.pid"]
        self.program = self.world.spawn(self.namespace, command, f"{self.namespace}-{self.node}-{self.starts}.log")
        return self

    def reload(self, routers):
        self.write(routers)
        self.program.signal(signal.SIGHUP)

    def state(self, name):
        found = re.findall(rf"\({re.escape(name)}\) Entering (\w+) STATE", self.program.text())
        return {"MASTER": "Master", "BACKUP": "Backup", "FAULT": "Initialize"}[found[-1]] if found else "none"

    def became(self, name):
        return len(re.findall(rf"\({re.escape(name)}\) Entering MASTER STATE", self.program.text()))

    def pids(self):
        """The child first: when the parent dies first, the child is asked to leave politely."""
        with open(self.base + ".vrrp.pid") as file:
            return [int(file.read()), self.program.child.pid]

    def signal(self, number):
        for pid in self.pids():
            os.kill(pid, number)

    def kill(self):
        pids = self.pids()
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                os.kill(pid, number)
        self.program.child.wait(5)

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def stop(self):
        return self.program.end(signal.SIGTERM)
