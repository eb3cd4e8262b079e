// One watched namespace of netwatch, its two sockets and the file all lines go to.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

extern std::FILE* out;

using Address = std::pair<unsigned, std::string>;  // interface index, "address/length"

// A frame that arrived, not written yet.
struct Frame {
  unsigned interface;
  std::int64_t t;  // the kernel's stamp, CLOCK_MONOTONIC, ns
  std::vector<unsigned char> bytes;
};

// One watched namespace.
struct Place {
  std::string name;
  int netlink = -1;
  int frames = -1;
  std::set<Address> addresses;
  std::map<unsigned, std::string> interfaces;
  std::vector<Frame> taken;
  bool listing = true;  // the first dump is still coming
};

// Something was missed: the measurement is void.
void lost(const Place& place, const char* what);

// Addresses and links: netlink.cc. Both sockets are made in the namespace the caller is in.
int open_netlink();
void list_all(Place& place);
// Reads all that waits; true when a dump ended.
bool read_netlink(Place& place);

// ARP, neighbour discovery and VRRP: frames.cc.
int open_frames();
// Takes what has arrived, and writes what was taken. Between the two all netlink is read: so a change that
// came before a frame stands before it in the file, however late both are read.
void take_frames(Place& place);
void write_frames(Place& place);
void check_drops(const Place& place);
