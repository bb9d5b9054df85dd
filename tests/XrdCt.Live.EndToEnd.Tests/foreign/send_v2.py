"""Sends one frame again and again as a DECTRIS Stream V2, by libzmq, cbor2 and HDF5's bitshuffle: nothing of ours.

Listens like a detector, prints the port, sends start, N images and end, and waits until all of it was taken.
"""
import argparse
import datetime
import sys

import cbor2
import fabio
import h5py
import hdf5plugin
import numpy
import zmq

# RFC 8746 typed arrays, little endian
TYPE_TAGS = {"uint32": 70, "int32": 78}


def bslz4(image):
    """The chunk that HDF5's bitshuffle filter makes of the image: what DECTRIS calls bslz4."""
    with h5py.File("chunk.h5", "w", driver="core", backing_store=False) as f:
        d = f.create_dataset("d", data=image, chunks=image.shape, **hdf5plugin.Bitshuffle(nelems=0, cname="lz4"))
        _, chunk = d.id.read_direct_chunk((0, 0))
    return chunk


def message(series, kind, **fields):
    head = {"type": kind, "series_id": series, "series_unique_id": "01GJ1GZ8CJ4CTHZX6TXQSPWVKH"}
    return cbor2.dumps(cbor2.CBORTag(55799, {**head, **fields}))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("frame")
    p.add_argument("--dtype", choices=TYPE_TAGS, required=True)
    p.add_argument("--images", type=int, required=True)
    p.add_argument("--compression", choices=["bslz4", "none"], default="bslz4")
    p.add_argument("--end-after", type=int, help="send the end message after so many images")
    args = p.parse_args()

    image = fabio.open(args.frame).data.astype(numpy.int32)
    # Of an unsigned detector the flags are the two largest values: -1 and -2 in two's complement.
    image = image.view(numpy.uint32) if args.dtype == "uint32" else image
    packed = image.tobytes() if args.compression == "none" else cbor2.CBORTag(56500, ["bslz4", 4, bslz4(image)])
    data = {"threshold_1": cbor2.CBORTag(40, [list(image.shape), cbor2.CBORTag(TYPE_TAGS[args.dtype], packed)])}

    context = zmq.Context()
    socket = context.socket(zmq.PUSH)
    socket.set_hwm(4)
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    print(f"port {port}", flush=True)

    date = datetime.datetime.now(datetime.timezone.utc)
    clock = 50_000_000
    socket.send(message(
        7, "start", arm_date=date, channels=["threshold_1"], count_time=0.004, frame_time=0.0041,
        detector_description="foreign", image_dtype=args.dtype,
        image_size_x=image.shape[1], image_size_y=image.shape[0],
        incident_energy=71000.0, number_of_images=args.images, beam_center_x=741.1, beam_center_y=841.4))
    for i in range(args.images if args.end_after is None else args.end_after):
        tick = int((datetime.datetime.now(datetime.timezone.utc) - date).total_seconds() * clock)
        socket.send(message(
            7, "image", image_id=i, real_time=[clock // 250, clock], series_date=date,
            start_time=[max(0, tick - clock // 250), clock], stop_time=[tick, clock], data=data))
    socket.send(message(7, "end"))
    socket.close(linger=60_000)
    context.term()


if __name__ == "__main__":
    sys.exit(main())
