"""Seeds of network_texts and diff_planner: addresses, ranges and numbers as people write them, and what is just not one; tables
that differ in one thing."""
from seed_files import write

TEXTS = ("192.0.2.1", "0.0.0.0", "255.255.255.255", "192.0.2.01", "192.0.2", "192.0.2.256", "1.2.3.4.5", " 192.0.2.1", "2001:db8::1", "::",
         "::1", "::ffff:192.0.2.1", "fe80::1%eth0", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1::2::3", "2001:DB8:0:0:0:0:0:A", "12345::",
         "192.0.2.0/24", "192.0.2.7/24", "0.0.0.0/0", "192.0.2.1/32", "192.0.2.1/33", "192.0.2.1/", "192.0.2.1/-1", "2001:db8::/32", "::/0",
         "::1/128", "2001:db8::/129", "192.0.2.1-192.0.2.9", "192.0.2.9-192.0.2.1", "192.0.2.1-2001:db8::1", "192.0.2.1 - 192.0.2.9",
         "0.0.0.0-255.255.255.255", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::1-2001:db8::ff", "192.0.2.1-", "192.0.2.1:80",
         "[2001:db8::1]:80", "2001:db8::1:80", "192.0.2.1:0", "192.0.2.1:65536", "[::1]", "TCP", "UDP", "SCTP", "tcp", "0", "80", "65535", "65536",
         "-1", "+1", "007", "1e3", "99999999999999999999", "0x10", "")


def network_texts():
    for number, text in enumerate(TEXTS):
        write("network_texts", f"text-{number}", text.encode())


def diff_planner():
    one, two = bytes((2, 1, 0, 3, 1)), bytes((2, 1, 2, 4, 1))
    service, other = bytes((0, 2, 0, 1, 1, 1, 2, 1)), bytes((1, 2, 0, 2, 1, 2, 1, 1))
    tables = {"empty": b"\0\0", "new": b"\0\1\0" + service, "gone": b"\1\0" + service + b"\0", "same": (b"\1\0" + service) * 2,
              "changed": b"\1\0" + service + b"\1\0" + other, "two": b"\2\0" + service + b"\1" + other + b"\2\1" + service + b"\2" + other}
    for name, data in tables.items():
        for whose, bits in {"ours": b"\xff\0", "theirs": b"\0\0", "held": b"\xff\xff", "some": b"\5\2"}.items():
            write("diff_planner", f"{name}-{whose}", one + two + data + bits)
