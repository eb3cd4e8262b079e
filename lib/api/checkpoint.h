#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/meta.h"
#include "lib/api/real_server_set.h"
#include "lib/api/vrrp_group.h"
#include "lib/net/endpoint.h"

// What a node writes to its own disk so that it can work without the API server: the objects its plan was
// made of, and what it has put into the kernel. No secrets. failure-model.md D-2, FN-15, S-14.
namespace fairlead::api {

// One service of the kernel's IPVS table.
struct OwnedService {
  net::IpAddress address;
  net::Protocol protocol = net::Protocol::kTcp;
  net::Port port{0};
  friend auto operator<=>(const OwnedService&, const OwnedService&) = default;
};

// What was in force of one static manifest.
struct CheckpointManifest {
  std::string file;  // its name in the folder
  std::vector<VRRPGroup> groups;
  std::vector<RealServerSet> sets;
  friend bool operator==(const CheckpointManifest&, const CheckpointManifest&) = default;
};

struct Checkpoint {
  std::string node;
  std::string node_uid;  // empty if not known
  WallTime written{};
  // Metadata: name, namespace, uid, generation, creationTimestamp and labels. No status.
  std::vector<VRRPGroup> groups;
  std::vector<RealServerSet> sets;
  std::vector<CheckpointManifest> manifests;  // by file
  std::set<net::IpAddress> owned_addresses;
  std::set<OwnedService> owned_services;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// In bytes; a document that is larger is refused.
inline constexpr std::size_t kLargestCheckpoint = std::size_t{64} * 1024 * 1024;

// One line of JSON:
//   {"version":1,"sha256":"<64 hex digits of the payload's bytes>","payload":{...}}
// Reading refuses anything else: another version, a byte cut off, added or changed. Equal values give equal
// bytes.
std::string encode_checkpoint(const Checkpoint& checkpoint);
Decoded<Checkpoint> decode_checkpoint(std::string_view text);

}  // namespace fairlead::api
