"""What a foreign sender sent, for the receiver to compare with: written to a file before the first message goes out."""
import json
import os

import zmq


class Expectations:
    def __init__(self):
        self.messages = []
        self.events = []

    def add(self, parts, kind, **facts):
        self.messages.append(parts if isinstance(parts, (list, tuple)) else [parts])
        self.events.append(dict(facts, kind=kind))

    def image(self, parts, series, index, picture, k, **facts):
        self.add(parts, "image", series=series, index=index, rows=picture.shape[0], columns=picture.shape[1], frame=k,
                 bytes=picture.itemsize, isFloat=picture.dtype.kind == "f", **facts)

    def refused(self, parts, reason, outcome="Malformed"):
        self.add(parts, "rejected", outcome=outcome, reason=reason)

    def push(self, endpoint, path):
        with open(path + ".part", "w") as out:
            json.dump(self.events, out)
        os.replace(path + ".part", path)
        socket = zmq.Context.instance().socket(zmq.PUSH)
        socket.set(zmq.SNDHWM, 4)
        socket.connect(endpoint)
        for parts in self.messages:
            socket.send_multipart(parts, copy=False)
        socket.close(linger=60000)
        zmq.Context.instance().term()
