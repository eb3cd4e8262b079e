"""For drain_test.py: servers that say who they are, and a client's connections and questions to them, in the namespaces of
forwarding_world.py."""
import hashlib
import os
import socket
import struct
import threading

from forwarding_world import CLIENT, VIP, inside, table

PORT, DNS, CLIENT_PORT = 90, 53, 4000


def serve_echo(namespace, name):
    """TCP that says its name, then echoes; for the rest of the run."""
    def work(one):
        try:
            with one:
                one.sendall(name.encode() + b"\n")
                while data := one.recv(65536):
                    one.sendall(data)
        except OSError:
            pass  # the client has gone, or was made to

    def loop(listener):
        while True:
            threading.Thread(target=work, args=(listener.accept()[0],), daemon=True).start()

    listener = inside(namespace, lambda: socket.create_server(("0.0.0.0", PORT), backlog=64))
    threading.Thread(target=loop, args=(listener,), daemon=True).start()


def serve_name(namespace, name):
    """UDP that answers with its name."""
    def bound():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind(("0.0.0.0", DNS))
        return made

    def loop(one):
        while True:
            one.sendto(name.encode(), one.recvfrom(100)[1])

    threading.Thread(target=loop, args=(inside(namespace, bound),), daemon=True).start()


class Flow:
    """A connection from the client to the VIP, the server that has it, and whether what it sends comes back unchanged."""

    def __init__(self):
        def work():
            try:
                made = socket.create_connection((VIP, PORT), 3)
                made.settimeout(5)
                return made, made.makefile("rb").readline().decode().strip()
            except OSError as error:
                return None, type(error).__name__
        self.socket, self.server = inside(CLIENT, work)

    def echoes(self, size=200_000):
        """So many bytes, byte for byte."""
        sent, seen, left = hashlib.sha256(), hashlib.sha256(), size
        try:
            while left:
                piece = os.urandom(min(left, 8192))
                sent.update(piece)
                self.socket.sendall(piece)
                back = b""
                while len(back) < len(piece):
                    got = self.socket.recv(len(piece) - len(back))
                    if not got:
                        return False
                    back += got
                seen.update(back)
                left -= len(piece)
        except OSError:
            return False
        return sent.digest() == seen.digest()

    def has_ended(self):
        """Whether it is at its end, and the client knows within five seconds."""
        try:
            self.socket.sendall(b"still there\n")
            return self.socket.recv(100) == b""
        except ConnectionResetError:
            return True
        except OSError:
            return False

    def reset(self):
        """IPVS has forgotten it after 10 s; after an orderly end it keeps it for two minutes."""
        if self.socket:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.socket.close()


def ask():
    one = Flow()
    one.reset()
    return one.server


def flow_to(server):
    """A connection that this server has; the others are ended."""
    for _ in range(20):
        one = Flow()
        if one.server == server:
            return one
        one.reset()
    raise RuntimeError("no connection went to " + server)


def names(count):
    """Who answers the client on its one port, question by question."""
    def work():
        answers = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind(("192.0.2.9", CLIENT_PORT))
            one.settimeout(2)
            for _ in range(count):
                one.sendto(b"?", (VIP, DNS))
                try:
                    answers.append(one.recv(100).decode())
                except OSError as error:
                    answers.append(type(error).__name__)
        return answers
    return inside(CLIENT, work)


def weights(kind="-t", port=PORT):
    """What IPVS gives each server, by its number."""
    words = [line.split() for line in table() if line.startswith(f"-a {kind} {VIP}:{port} ")]
    return {int(word[4].split(":")[0].rsplit(".", 1)[1]): int(word[-1]) for word in words}
