"""The two kinds of node, told what the tutorial says: keepalived by its configuration, fairlead-node by two manifests."""
import signal

import lan
from fairlead_node import FairleadNode
from routers import Keepalived, VirtualRouter

NAME = "tutorial"
PASSWORD = "secure123"  # eight bytes count
PRIORITY = {"one": 100, "two": 95}
INTERVAL, TIMEOUT, RETRIES, BETWEEN = 6, 3, 3, 3  # of the TCP check, seconds


def router(host):
    other = next(p for h, p in PRIORITY.items() if h != host)
    return VirtualRouter(NAME, interface="eth0", vrid=51, version=2, priority=PRIORITY[host], interval=1000, vips=(lan.VIP,),
                         password=PASSWORD, others=(other,))


class KeepalivedNode(Keepalived):
    """With its checkers."""

    def __init__(self, world, namespace, name):
        super().__init__(world, namespace, name)
        self.globals = ()

    def write(self, routers):
        servers = "".join(f"""  real_server {address} {lan.PORT} {{
    weight 1
    TCP_CHECK {{
      connect_timeout {TIMEOUT}
      retry {RETRIES}
      delay_before_retry {BETWEEN}
      connect_port {lan.PORT}
    }}
  }}
""" for address in lan.SERVERS.values())
        state = "MASTER" if routers[0].priority == max(PRIORITY.values()) else "BACKUP"
        with open(self.base + ".conf", "w") as file:
            file.write(f"""global_defs {{
  router_id {self.node}
}}
vrrp_instance {NAME} {{
  state {state}
  interface eth0
  virtual_router_id 51
  priority {routers[0].priority}
  advert_int 1
  authentication {{
    auth_type PASS
    auth_pass {PASSWORD}
  }}
  virtual_ipaddress {{
    {lan.VIP}/24
  }}
}}
virtual_server {lan.VIP} {lan.PORT} {{
  delay_loop {INTERVAL}
  lb_algo rr
  lb_kind DR
  protocol TCP
{servers}}}
""")

    def start(self, routers):
        self.write(routers)
        self.starts += 1
        command = ["keepalived", "-n", "-l", "-G", "-D", "-f", self.base + ".conf", "-p", self.base + ".pid", "-r", self.base + ".vrrp.pid",
                   "-c", self.base + ".checkers.pid"]
        self.program = self.world.spawn(self.namespace, command, f"{self.namespace}-{self.node}-{self.starts}.log")
        return self

    def checked(self):
        """Both servers have passed a check: they are in the table before, and the first one that fails puts a server out at once."""
        return all(f"TCP connection to [{address}]:tcp:{lan.PORT} success" in self.program.text() for address in lan.SERVERS.values())

    @property
    def vip(self):
        """As `ip address` lists it."""
        return lan.VIP + "/24"


class FairleadTutorialNode(FairleadNode):
    forwarding = "DirectRouting"

    def __init__(self, world, namespace, name):
        super().__init__(world, namespace, name)
        check = {"tcp": {}, "intervalSeconds": INTERVAL, "timeoutSeconds": TIMEOUT, "retries": RETRIES, "retryDelaySeconds": BETWEEN}
        self.manifests = [{
            "apiVersion": "fairlead.dev/v1alpha1", "kind": "RealServerSet", "metadata": {"name": NAME, "namespace": "default"},
            "spec": {"group": NAME, "virtualServers": [{
                "address": lan.VIP, "port": lan.PORT, "protocol": "TCP", "scheduler": "rr", "forwarding": "DirectRouting",
                "healthChecks": [check],
                "reals": [{"address": address, "port": lan.PORT, "weight": 1} for address in lan.SERVERS.values()]}]}}]

    def stop(self):
        return self.program.end(signal.SIGTERM, 20)

    def checked(self):
        """Both servers have passed a check: until then none is in the table."""
        return True

    @property
    def vip(self):
        """As `ip address` lists it: the address alone, whatever length its network has (vrrp.md 8 (d))."""
        return lan.VIP + "/32"


KINDS = {"keepalived": KeepalivedNode, "fairlead": FairleadTutorialNode}
