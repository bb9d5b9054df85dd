"""Sends messages of known bytes by libzmq and prints the SHA-256 of every part: nothing of ours.

PORT COUNT SIZE [INTERVAL_S]: COUNT images of the STINS dialect (a JSON part and a part of SIZE bytes) between header and series_end;
index 3 is left out and index 5 comes twice; every tenth is followed by a message of four parts that is none of the dialect."""
import hashlib
import json
import random
import sys
import time

import zmq

port, count, size = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
socket = zmq.Context().socket(zmq.PUSH)
socket.set_hwm(8)
interval_s = float(sys.argv[4]) if len(sys.argv) > 4 else 0.002
socket.bind(f"tcp://127.0.0.1:{port}")


def send(*parts):
    socket.send_multipart(parts)
    print(" ".join(hashlib.sha256(p).hexdigest() for p in parts), flush=True)


random.seed(7)
send(json.dumps({"htype": "header", "msg_number": 0, "filename": ""}).encode())
number = 0
for i in range(count):
    for _ in range(0 if i == 3 else 2 if i == 5 else 1):
        number += 1
        head = {"htype": "image", "frame": i, "shape": [10, 10], "type": "int32", "compression": "none", "msg_number": number}
        send(json.dumps(head).encode(), random.randbytes(size + i))
        time.sleep(interval_s)
    if i % 10 == 0:
        send(b"", b"another", random.randbytes(i), b"")
send(json.dumps({"htype": "series_end", "msg_number": number + 1}).encode())
socket.close(linger=60_000)
