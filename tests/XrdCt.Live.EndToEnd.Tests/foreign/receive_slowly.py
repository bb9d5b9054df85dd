"""Takes a DECTRIS Stream V2 by libzmq, slower than it is sent and slower still at its end, so that the sender has long finished
while its last images wait in the systems' buffers; prints how many images came before the end message."""
import sys
import time

import zmq

socket = zmq.Context().socket(zmq.PULL)
socket.set_hwm(1)
socket.RCVTIMEO = 20_000
port = socket.bind_to_random_port("tcp://127.0.0.1")
print(f"port {port}", flush=True)
images = 0
while True:
    message = socket.recv(copy=False)
    if len(message.buffer) > 100_000:
        images += 1
        time.sleep(0.03 if images < 48 else 0.7)
    elif images:
        break
print(f"images {images}", flush=True)
sys.exit(0)
