"""Takes a DECTRIS Stream V2 by libzmq, slower than it is sent and slower still at its end, so that the sender has long finished
while its last images wait in the systems' buffers; prints how many images came before the end message."""
import sys
import time

import zmq

socket = zmq.Context().socket(zmq.PULL)
socket.set_hwm(1)
socket.RCVTIMEO = 20_000
socket.connect(f"tcp://127.0.0.1:{sys.argv[1]}")
images = 0
while True:
    message = socket.recv(copy=False)
    if len(message.buffer) > 100_000:
        images += 1
        time.sleep(0.03 if images < 12 else 2.0)
    elif images:
        break
print(f"images {images}", flush=True)
sys.exit(0)
