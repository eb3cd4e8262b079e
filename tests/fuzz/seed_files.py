"""What the seeds of all fuzz targets are made and written with."""
import os
import struct

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")


def words(text):
    return bytes.fromhex(text)


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    return ~(total % 0xffff) & 0xffff


def write(target, name, data):
    folder = f"{CORPUS}/{target}"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/{name}", "wb") as file:
        file.write(data)
