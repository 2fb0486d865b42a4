"""What stands between a program and a server's unix socket: it can be slow, silent, cut, or have
nobody listen."""
import pathlib
import select
import socket
import threading
import time


class Proxy:
    """Listens at directory/.s.PGSQL.5432, as libpq asks for, and passes on what it hears."""

    def __init__(self, directory, server):
        self.path = pathlib.Path(directory) / ".s.PGSQL.5432"
        self.server = str(pathlib.Path(server) / ".s.PGSQL.5432")
        self.delay, self.silent, self.deaf, self.stopping = 0.0, False, False, False
        self.refused = 0
        self.lose_commit = None  # "asked": before the server has it; "answered": its answer
        self.pairs = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.path.chmod(0o777)
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.stopping:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(self.server)
            except OSError:
                near.close()
                far.close()
                continue
            self.pairs.append((near, far))
            threading.Thread(target=self._pass, args=(near, far), daemon=True).start()

    def _pass(self, near, far):
        try:
            while True:
                for sock in select.select([near, far], [], [])[0]:
                    data = sock.recv(65536)
                    if not data:
                        return
                    if self.deaf and b"listen milticket" in data:
                        self.refused += 1
                        return
                    if self._loses(near, far, sock, data):
                        return
                    if self.delay:
                        time.sleep(self.delay)
                    while self.silent and not self.stopping:
                        time.sleep(0.02)
                    (far if sock is near else near).sendall(data)
        except (OSError, ValueError):
            pass
        finally:
            near.close()
            far.close()

    def _loses(self, near, far, sock, data):
        """The next COMMIT of a group of writers: the connection ends instead."""
        if not self.lose_commit or sock is not near or b"commit" not in data:
            return False
        if b"insert" not in data and b"sign" not in data:
            return False
        if self.lose_commit == "answered":
            far.sendall(data)
            far.recv(65536)
        self.lose_commit = None
        return True

    def cut(self):
        """Whoever is connected is no more."""
        for pair in self.pairs:
            for sock in pair:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs.clear()

    def close(self):
        self.stopping = True
        self.listener.close()
        self.cut()
        self.path.unlink(missing_ok=True)
