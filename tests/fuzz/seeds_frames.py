"""Seeds of the target neighbor_frames: every form of ARP and of neighbour discovery that we send or may hear, and for each thing
that is checked a frame that fails by it alone.

A seed: MAC(6) IPv4 address(4) IPv6 address(16) settings(1: as router, 2: the checksum is put right), then the frame."""
import struct

from seed_files import words, write

MAC, OTHER_MAC, BROADCAST, VIP, VIP6 = "020000000010", "020000000011", "ffffffffffff", "c0000264", "20010db8000000000000000000000100"
ALL_NODES, SOLICITED_NODE = "ff020000000000000000000000000001", "ff0200000000000000000001ff000100"
LINK_LOCAL, NOBODY6 = "fe800000000000000000000000000011", "0" * 32
SOLICITATION, ADVERTISEMENT = 135, 136
SOURCE_LINK, TARGET_LINK = "0101" + OTHER_MAC, "0201" + MAC


def own(vip=VIP, vip6=VIP6, settings=0):
    return words(MAC + vip + vip6) + bytes((settings,))


def seed(name, frame, **mine):
    write("neighbor_frames", name, own(**mine) + frame)


def arp(operation=1, destination=BROADCAST, ether="0806", head="0001 0800 06 04", sender=VIP, target_mac=MAC, target=VIP):
    return words(destination + MAC + ether + head + f"{operation:04x}" + MAC + sender + target_mac + target)


def arps():
    seed("g1", arp())
    seed("g2", arp(2))
    seed("g3", arp(target_mac=BROADCAST))
    seed("arp-question", arp(sender="c0000201", target_mac="0" * 12))
    seed("arp-answer", arp(2, destination=OTHER_MAC, target_mac=OTHER_MAC, target="c0000201"))
    seed("arp-probe", arp(sender="0" * 8, target_mac="0" * 12))
    seed("arp-of-nobody", arp(sender="0" * 8, target="0" * 8))
    seed("arp-padded", arp() + bytes(18))
    seed("arp-cut", arp()[:41])
    seed("arp-operation-0", arp(0))
    seed("arp-operation-3", arp(3))
    seed("arp-operation-256", arp(0x100))
    for name, head in (("hardware", "0006 0800 06 04"), ("protocol", "0001 86dd 06 04"), ("hardware-length", "0001 0800 14 04"),
                       ("protocol-length", "0001 0800 06 10")):
        seed(f"arp-other-{name}", arp(head=head))
    seed("arp-tagged", arp(ether="8100 0005 0806"))
    seed("own-of-nobody", b"", vip="0" * 8, vip6=NOBODY6)
    seed("own-multicast", b"", vip="e0000012", vip6=ALL_NODES, settings=1)


def total(data):
    out = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while out >> 16:
        out = (out & 0xffff) + (out >> 16)
    return out


def ndp(kind, options="", flags="00000000", source=LINK_LOCAL, destination=SOLICITED_NODE, target=VIP6, **odd):
    """With its checksum right unless `checksum` is given. Odd: version, next_header, hop_limit, length, code; ether, to and by
    of the Ethernet header; cut (bytes off the message's end)."""
    body = words(flags + target + options)
    whole = bytes((kind, odd.get("code", 0), 0, 0)) + body
    whole = whole[:len(whole) - odd.get("cut", 0)]
    pseudo = words(source + destination) + struct.pack("!II", len(whole), 58)
    message = pseudo + whole + bytes(len(whole) % 2)
    checksum = odd.get("checksum", ~total(message) & 0xffff)
    whole = whole[:2] + struct.pack("!H", checksum) + whole[4:]
    header = struct.pack("!IHBB", odd.get("version", 6) << 28, odd.get("length", len(whole)), odd.get("next_header", 58),
                         odd.get("hop_limit", 255)) + words(source + destination)
    ether = words(odd.get("to", "333300000001") + odd.get("by", OTHER_MAC) + odd.get("ether", "86dd"))
    return ether + header + whole


def asked(options=SOURCE_LINK, **odd):
    return ndp(SOLICITATION, options, **odd)


def said(options=TARGET_LINK, flags="20000000", **odd):
    return ndp(ADVERTISEMENT, options, flags, **{"source": VIP6, "destination": ALL_NODES, "by": MAC, **odd})


def options():
    """What may stand behind the target."""
    for name, text in {
            "none": "", "source-and-mtu": SOURCE_LINK + "0501 0000 000005dc", "mtu-and-source": "0501 0000 000005dc" + SOURCE_LINK,
            "twice": SOURCE_LINK + "0101020000000099", "two-units": "0102" + MAC + "00" * 8, "target-link": TARGET_LINK,
            "nonce": "0e01 112233445566", "unknown": "ff01 000000000000" + SOURCE_LINK, "longest": "ffff" + "00" * 2038,
            "length-0": "0100" + MAC, "beyond": "0102" + MAC, "far-beyond": "01ff" + MAC, "one-byte": SOURCE_LINK + "01",
            "length-0-behind": SOURCE_LINK + "0e00 000000000000"}.items():
        seed(f"asked-option-{name}", asked(text))
    for name, text in {"none": "", "source-link": SOURCE_LINK, "twice": TARGET_LINK + "0201020000000099", "length-0": "0200" + MAC,
                       "beyond": "0203" + MAC, "one-byte": TARGET_LINK + "02"}.items():
        seed(f"said-option-{name}", said(text))


def discovery():
    n1 = said(flags="20000000")
    seed("n1", n1)
    seed("n1-put-right", said(checksum=0), settings=3)
    seed("n2", said(flags="a0000000"))
    seed("solicitation", asked(checksum=0, to="3333ff000100"), settings=2)
    seed("asked", asked())
    seed("asked-by-unicast", asked(destination=VIP6))
    seed("asked-of-link-local", asked(target="fe800000000000005eff000000000233", destination="ff0200000000000000000001ff000233"))
    seed("detection", asked("", source=NOBODY6))
    seed("detection-with-nonce", asked("0e01 112233445566", source=NOBODY6))
    seed("detection-with-link-address", asked(source=NOBODY6))
    seed("detection-to-all-nodes", asked("", source=NOBODY6, destination=ALL_NODES))
    seed("detection-to-almost-solicited-node", asked("", source=NOBODY6, destination="ff0200000000000000000001fe000100"))
    seed("said-to-one", said(flags="60000000", destination=LINK_LOCAL))
    seed("said-to-one-as-router", said(flags="e0000000", destination=LINK_LOCAL))
    seed("said-to-all-as-answer", said(flags="60000000"))
    seed("said-without-override", said(flags="00000000"))
    seed("said-with-reserved-bits", said(flags="3fffffff"))
    seed("padded", asked() + bytes(6))
    options()
    for short, make in (("asked", asked), ("said", said)):
        seed(f"{short}-of-multicast", make(target=ALL_NODES))
        seed(f"{short}-hop-limit-254", make(hop_limit=254))
        seed(f"{short}-fragment", make(next_header=44))
        seed(f"{short}-version-4", make(version=4))
        seed(f"{short}-code-1", make(code=1))
        seed(f"{short}-checksum", make(checksum=0x1234))
        seed(f"{short}-cut", make("", cut=1))
        seed(f"{short}-length-23", make("", length=23))
        seed(f"{short}-length-beyond", make("", length=25))
        seed(f"{short}-length-0", make(length=0))
        seed(f"{short}-tagged", make(ether="8100 0005 86dd"))
        seed(f"{short}-ends-in-header", make()[:53])
        seed(f"{short}-ends-behind-header", make()[:54])
    for name, kind in (("router-solicitation", 133), ("router-advertisement", 134), ("redirect", 137), ("echo", 128)):
        seed(name, ndp(kind, SOURCE_LINK))


def neighbor_frames():
    arps()
    discovery()
