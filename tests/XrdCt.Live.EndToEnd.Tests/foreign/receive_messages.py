"""Takes COUNT messages by libzmq and prints the SHA-256 of every part, with the time of arrival of each on standard error.

PORT COUNT [bind] [--pause S]: waits S seconds after every message, as a slow receiver."""
import hashlib
import sys
import time

import zmq

port, count = int(sys.argv[1]), int(sys.argv[2])
pause = float(sys.argv[sys.argv.index("--pause") + 1]) if "--pause" in sys.argv else 0
socket = zmq.Context().socket(zmq.PULL)
socket.set_hwm(2)
socket.RCVTIMEO = 60_000
if "bind" in sys.argv:
    socket.bind(f"tcp://127.0.0.1:{port}")
else:
    socket.connect(f"tcp://127.0.0.1:{port}")
for i in range(count):
    parts = socket.recv_multipart()
    print(" ".join(hashlib.sha256(p).hexdigest() for p in parts), flush=True)
    print(f"{time.time():.6f}", file=sys.stderr)
    time.sleep(pause)
