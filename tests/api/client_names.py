"""For client_faults_test.py: an API server that is given by its name (K-13): which address, what if that changes, and what the sockets
are set to."""
import ctypes
import os
import re
import socket
import time

from api_client import Client
from client_stage import MAPS
from fake_api_server import Server
from patience import until

PIDFD_GETFD = 438
NAME = "api.fairlead.test"
LOOK_AGAIN = 30  # seconds
WANTED = {"SO_KEEPALIVE": 1, "TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 30000, "TCP_NODELAY": 1}


def sockets_of(pid, port):
    """What each connection of the process to that port is set to, by the local port."""
    libc, process, out = ctypes.CDLL(None, use_errno=True), os.pidfd_open(pid), {}
    for number in os.listdir(f"/proc/{pid}/fd"):
        if not os.readlink(f"/proc/{pid}/fd/{number}").startswith("socket:"):
            continue
        copy = libc.syscall(PIDFD_GETFD, process, int(number), 0)
        if copy < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        with socket.socket(fileno=copy) as one:
            try:
                if one.getpeername()[1] != port:
                    continue
            except OSError:
                continue  # listens, or is no connection yet
            out[one.getsockname()[1]] = {name: one.getsockopt(socket.SOL_SOCKET if name.startswith("SO_") else socket.IPPROTO_TCP,
                                                              getattr(socket, name)) for name in WANTED}
    os.close(process)
    return out


class Names:
    """A hosts file of its own for one client."""

    def __init__(self, stage, name):
        self.path = stage.certificates.path(name + ".hosts")

    def are(self, *addresses):
        with open(self.path, "w") as file:  # in place: it is mounted
            file.write("".join(f"{address} {NAME}\n" for address in addresses))

    def client(self, server):
        mount = f"mount --bind {self.path} /etc/hosts && exec \"$@\""
        unshare = ("unshare", "-m") if os.geteuid() == 0 else ("unshare", "-Urm")
        return Client(server.kubeconfig({"token": "t"}, host=NAME), prefix=(*unshare, "sh", "-c", mount, "sh"))


def watched(asked):
    if not asked.watches:
        return asked.list("100") if "configmaps" in asked.path else asked.answer(200, {"kind": "OK"})
    asked.stream()
    return asked.hold(60)


def server_by_name(stage):
    stage.certificates.make("named", "kube-apiserver", f"DNS:{NAME}")
    names = Names(stage, "by-name")
    names.are("127.0.0.1")
    with stage.server(watched, "named") as server:
        asked_for = server.note_names()
        with names.client(server) as client:
            client.do(MAPS)
            answer = client.answer("send GET /x")
            stage.check("a server with a name is reached, and its certificate is held against that name", " 200 " in answer and
                        client.wait("^REPLACE") is not None and set(asked_for) == {NAME}, f"{answer} {asked_for}")
            found = sockets_of(client.pid, server.port)
            stage.check("each connection, a watch's too, has keepalive and TCP_USER_TIMEOUT (K-13)", len(found) >= 2 and
                        all(options == WANTED for options in found.values()), found)
            server.present("good")  # of the address, not of the name
            server.drop_connections()
            line = client.wait("ERROR api.denied", 15) or ""
            stage.check("a certificate of its address alone is refused", "certificate verify failed" in line, line)


def server_by_address(stage):
    with stage.server(watched) as server, stage.client(server) as client:
        client.do(MAPS)
        client.answer("send GET /x")
        client.wait("^REPLACE")
        found = sockets_of(client.pid, server.port)
        stage.check("each connection has keepalive and TCP_USER_TIMEOUT (K-13)", len(found) >= 2 and
                    all(options == WANTED for options in found.values()), found)


def addresses_change(stage):
    """Of two addresses the first is dead; then the name has another."""
    stage.certificates.make("named", "kube-apiserver", f"DNS:{NAME}")
    names = Names(stage, "change")
    names.are("127.0.0.3", "127.0.0.1")
    with stage.server(watched, "named") as server, Server(stage.certificates, "named", watched, address=("127.0.0.2", server.port)) as other:
        with names.client(server) as client:
            begun = time.monotonic()
            client.do(MAPS)
            answer = client.answer("send GET /x")
            stage.check("where the first address is dead, the next is used, without a line (K-13)", " 200 " in answer and
                        client.wait("^REPLACE") is not None and client.count("api.unreachable") == 0, f"{answer} {client.lines}")
            names.are("127.0.0.2")
            time.sleep(max(0.0, LOOK_AGAIN + 1 - (time.monotonic() - begun)))
            client.answer("send GET /asks-for-it")
            time.sleep(1)
            answer = client.answer("send GET /moved")
            stage.check("once the name has another address, that is used for what is new (K-13)", " 200 " in answer and
                        any(each.path == "/moved" for each in other.asked), f"{answer} {other.asked}")
            stage.check("the watch that lives goes on where it is", not other.versions(True) and client.count("^REPLACE") == 1, other.asked)
            server.drop_connections()
            again = until(lambda: other.versions(True), 10)
            stage.check("and begins anew at the new one, from where it was", again == ["100"], f"{again} {client.lines}")


def name_unknown(stage):
    names = Names(stage, "unknown")
    names.are()
    stage.certificates.make("named", "kube-apiserver", f"DNS:{NAME}")
    with stage.server(watched, "named") as server, names.client(server) as client:
        client.do(MAPS)
        answer = client.answer("send GET /x")
        line = client.wait("WARNING api.unreachable") or ""
        stage.check("a name that nobody knows is one line, with what the resolver says", answer.startswith("FAILED GET /x 3 ") and
                    re.search(f"cannot resolve {NAME}: ", line), f"{answer} {line}")
        time.sleep(3)
        stage.check("said once", client.count("api.unreachable") == 1, client.lines)
        names.are("127.0.0.1")
        stage.check("once it is known all goes on", client.wait("^REPLACE", 40) is not None and client.wait("api.recovered") is not None, client.lines)


PARTS = (server_by_name, server_by_address, addresses_change, name_unknown)
