// One watched namespace of netwatch, its two sockets and the file all lines go to.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <utility>

extern std::FILE* out;

using Address = std::pair<unsigned, std::string>;  // interface index, "address/length"

// One watched namespace.
struct Place {
  std::string name;
  int netlink = -1;
  int frames = -1;
  std::set<Address> addresses;
  std::map<unsigned, std::string> interfaces;
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
void read_frames(Place& place);
void check_drops(const Place& place);
