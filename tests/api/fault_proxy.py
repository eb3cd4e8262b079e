"""Between a component and a real API server: passes every request on, unless a fault is set that does otherwise. A fault is a
function of the request; it deals with it and returns True, or leaves it to the next one. It has `command`, `path`, `body`,
`watches` and `hold()`, `answer()` of fake_api_server, and here:

proxy.pass_on(asked, edit)  passes it on, what comes back through `edit`, bytes -> list of bytes
proxy.cut(asked)            resets the connection
proxy.restart(name, certificates)    with another certificate
revoked(token, told)        for whoever sends that token
refuse(code, ...), delay(seconds), silent(), in_pieces(size), no_bookmarks(), replay(body)    faults, for requests that `about` names
"""
import base64
import http.client
import json
import re
import socket
import ssl
import struct
import threading
import time
import urllib.parse

from fake_api_server import Server, status

NOT_PASSED = ("host", "connection", "content-length", "transfer-encoding", "accept-encoding")
RESET = struct.pack("ii", 1, 0)


def writes(asked):
    return asked.command != "GET"


def whole(part):
    return [part]


class FaultProxy(Server):
    """cluster: of the admin's kubeconfig. Requests keep their own token."""

    def __init__(self, certificates, cluster):
        self._upstream = urllib.parse.urlparse(cluster["server"])
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._tls = ssl.create_default_context(cadata=authority)
        self.faults, self._open, self._guard = [], set(), threading.Lock()
        super().__init__(certificates, "good", self._play, watch_lists=True)
        self.knows_versions = False  # the server behind us says so

    def _play(self, asked):
        for fault in list(self.faults):
            if fault(asked):
                return
        self.pass_on(asked)

    def _ask(self, asked):
        connection = http.client.HTTPSConnection(self._upstream.hostname, self._upstream.port, context=self._tls)
        headers = {k: v for k, v in asked.headers.items() if k.lower() not in NOT_PASSED}
        connection.request(asked.command, asked.path, asked.body or None, headers)
        with self._guard:
            self._open.add(connection)
        return connection, connection.getresponse()

    def pass_on(self, asked, edit=whole):
        try:
            connection, answer = self._ask(asked)
        except (OSError, http.client.HTTPException):
            return self.cut(asked)  # nobody there: what a client without us would see
        try:
            asked.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    asked.send_header(name, value)
            asked.send_header("Transfer-Encoding", "chunked")
            asked.end_headers()
            while part := answer.read1(65536):
                for piece in edit(part):
                    asked.part(piece)
            asked.done()
        except http.client.HTTPException:
            self.cut(asked)
        finally:
            with self._guard:
                self._open.discard(connection)
            connection.close()

    def text(self, asked):
        """(HTTP status, the whole answer), which the component does not get yet."""
        connection, answer = self._ask(asked)
        try:
            return answer.status, answer.read()
        finally:
            with self._guard:
                self._open.discard(connection)
            connection.close()

    @staticmethod
    def cut(asked):
        asked.close_connection = True
        asked.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def streams(self):
        """How many answers are on their way, those of watches among them."""
        with self._guard:
            return len(self._open)

    def cut_all(self):
        """Every stream ends, as when the API server is restarted."""
        with self._guard:
            streams = list(self._open)
        for each in streams:
            if each.sock:
                each.sock.shutdown(socket.SHUT_RDWR)

    def restart(self, name, certificates):
        """As an API server that comes back with this certificate: every connection ends."""
        self.present(name, certificates)
        self.drop_connections()
        self.cut_all()

    def __exit__(self, *things):
        super().__exit__(*things)
        self.cut_all()


def refuse(about, code, reason, message="", **headers):
    def fault(asked):
        if about(asked):
            asked.answer(code, dict(status(code, reason), message=message or reason), **headers)
            return True
        return False
    return fault


def revoked(token, told):
    """401 for whoever sends this token; each time `told` is called."""
    def fault(asked):
        if asked.headers["Authorization"] != "Bearer " + token:
            return False
        told()
        asked.answer(401, status(401, "Unauthorized"))
        return True
    return fault


def delay(about, seconds):
    def fault(asked):
        if about(asked):
            time.sleep(seconds)
        return False
    return fault


def silent(about, until_told):
    """Half-open: the request is taken, and then there is nothing, until the event is set."""
    def fault(asked):
        if not about(asked):
            return False
        until_told.wait(600)
        asked.close_connection = True
        return True
    return fault


def in_pieces(proxy, about, size):
    """Chunks of so many bytes."""
    def fault(asked):
        if about(asked):
            proxy.pass_on(asked, lambda part: [part[at:at + size] for at in range(0, len(part), size)])
        return about(asked)
    return fault


def held_back(proxy, about, flows):
    """What has come is passed on while the event is set."""
    def fault(asked):
        def edit(part):
            flows.wait(60)
            return [part]
        if about(asked):
            proxy.pass_on(asked, edit)
        return about(asked)
    return fault


def no_bookmarks(proxy, about):
    """The one that ends the initial events is let through: without it there is no watch-list."""
    def fault(asked):
        if not about(asked):
            return False
        rest = [b""]

        def edit(part):
            *lines, rest[0] = (rest[0] + part).split(b"\n")
            kept = [line + b"\n" for line in lines if not re.match(rb'\{"type":"BOOKMARK"', line) or b"initial-events-end" in line]
            return [b"".join(kept)] if kept else []
        proxy.pass_on(asked, edit)
        return True
    return fault


def replay(about, body):
    """A list as it once was."""
    def fault(asked):
        if about(asked):
            asked.answer(200, json.loads(body))
            return True
        return False
    return fault
