#pragma once

#include <map>
#include <string_view>

#include "lib/api/json_view.h"
#include "lib/api/vrrp_group.h"

// Internal to lib/api: the lists and structures of VRRPGroup.spec.
namespace fairlead::api {

// Reads the addresses that one group names, each for one purpose: an address of another family, one listed
// twice, and one that another list of the group has already, are problems.
class GroupAddressReader {
 public:
  explicit GroupAddressReader(net::Family family) : family_(family) {}
  // `list` names where the address stands, as in "addresses". True if it could be read.
  bool read(const JsonView& view, std::string_view list, net::IpAddress& out);

 private:
  net::Family family_;
  std::map<net::IpAddress, std::string_view> lists_;
};

// addresses, excludedAddresses, members and foreignPeers, whose addresses must all differ; then transport
// against them. REQUIRES: out.family and out.transport are read.
void read_group_lists(const JsonView& spec, VRRPGroupSpec& out);

// type NONE, or PASS with a passwordFile and version 2. REQUIRES: out.version is read.
void read_authentication(const JsonView& view, VRRPGroupSpec& out);
void read_track_interfaces(const JsonView& list, std::vector<TrackInterface>& out);
void read_announce(const JsonView& view, GroupAnnounce& out);

}  // namespace fairlead::api
