#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/plan/inputs.h"

// Giving up an address (api.md, Release). The write that takes an address out of a VRRPGroup also notes, in
// the group's annotation, whose it was and which members may still hold it; a node's name goes from the note
// when its status entry has reported a generation without the address, or its Node object is gone. Until the
// note is empty nobody gets the address. So the release survives a restart of the controller.
//
// A member that is replaced may hold any address of the group until it has reported a generation without
// itself: until then the group keeps the label of its node, so that it sees that it is out, and can say so.
namespace fairlead::controller {

inline constexpr const char* kReleasingAnnotation = "fairlead.dev/releasing";

// In place of the nodes: none may hold the address. Of such a note its write counts: a group's version moves,
// and whoever has seen the group before puts the address into it no more.
inline constexpr const char* kNoNode = "-";

struct Release {
  net::IpAddress address;
  std::string owner_uid;        // of the VirtualIP
  std::set<std::string> nodes;  // that have not reported yet
  friend bool operator==(const Release&, const Release&) = default;
};

// "192.0.2.100 8c21d0e4,91bc77aa 192.0.2.101 5e0f node-a,node-b; ...": addresses, each with the UIDs of those
// who had it, then the nodes that all of these wait for. Nodes are named once, so that whatever a group may
// hold (255 addresses, 16 owners of each) fits among an object's annotations, 256 KiB. Read back it is in the
// same order but for the nodes: those who wait for the same stand together. A part that cannot be read
// (edited by hand) is left out.
std::string to_string(const std::vector<Release>& releases);
std::vector<Release> parse_releases(const std::string& text);

// Notes that nobody has the address before each that may hold it has let go; nothing where nobody may.
void let_go(const api::GroupAddress& address, const std::set<std::string>& holders,
            std::vector<Release>& releases);

// True if it says that none holds the address.
bool is_turned_away(const Release& release);

// Notes that these, who were to have the address in the group, have it elsewhere.
void turn_away(const net::IpAddress& address, const std::vector<api::AddressOwner>& owners,
               std::vector<Release>& releases);

// The notes of one group as they stand.
std::vector<Release> noted_releases(const api::VRRPGroup& group);

// The nodes in the notes of all groups as they stand.
struct ReleaseNotes {
  explicit ReleaseNotes(const Inputs& inputs);

  std::map<net::IpAddress, std::set<std::string>> of_addresses;
  std::map<std::string, std::set<std::string>> of_owners;  // by UID of the VirtualIP
};

// The notes of one group, without the nodes that have reported or are gone; empty ones left out.
std::vector<Release> open_releases(const Inputs& inputs, const api::VRRPGroup& group);

// Nodes that may hold an address of the group: its members, and those that left and have not reported since.
std::set<std::string> holders(const Inputs& inputs, const api::VRRPGroup& group);

// True if an address that the group lets go of may come back into it before every node has let go: it was of
// one of these owners, and the nodes that may hold it yet are members, so that whoever is Master has it.
bool may_come_back(const api::VRRPGroup& group, const std::vector<Release>& releases,
                   const net::IpAddress& address, const std::vector<api::AddressOwner>& owners);

// Nodes of the release that are not waited for any longer: entry stale, Node NotReady, or no answer within
// the fence's lifetime + 1.1 s + 10 s. The address stays blocked for others all the same.
std::set<std::string> passed_over(const Inputs& inputs, const api::VRRPGroup& group, const Release& release);

// How long a release of this group waits for a node that does not answer.
Microseconds release_patience(const api::VRRPGroupSpec& spec);

// What is known of an address or a VirtualIP that is being released, over all groups.
struct Releasing {
  std::map<net::IpAddress, std::set<std::string>> blocked;  // address -> nodes that may still hold it
  std::map<net::IpAddress, std::set<std::string>> owners;   // address -> UIDs of those it is released of
  std::set<std::string> waiting;                            // UIDs of VirtualIPs that wait for some node
  std::map<std::string, std::set<std::string>> passed;      // UID -> nodes passed over
  friend bool operator==(const Releasing&, const Releasing&) = default;
};
Releasing releasing(const Inputs& inputs);

// Lifetime of the group's addresses on a node: max(floor(a) + 1, floor(ADI_min - 1.1 s)) in whole seconds, or
// spec.fenceLifetimeSeconds where that is more, up to the whole seconds of the longest ADI of a member: none
// uses a longer one (failure-model.md 1.2). ADI = 3 a + (256 - priority) * a / 256.
Seconds fence_lifetime(const api::VRRPGroupSpec& spec);

}  // namespace fairlead::controller
