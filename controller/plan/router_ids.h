#pragma once

#include <bitset>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "controller/plan/eligible.h"
#include "controller/plan/inputs.h"

// Virtual router IDs (api.md, "Names of generated objects": the name is no lock on the wire).
namespace fairlead::controller {

inline constexpr std::size_t kRouterIds = 256;  // 0 is none

// Which are taken, where: known once for a round, however many ask.
class RouterIds {
 public:
  using Ids = std::bitset<kRouterIds>;

  // All groups as they are, what can be read of the unreadable ones included, and heardVirtualRouters.
  explicit RouterIds(const Inputs& inputs);

  // From now on the members of this group have its ID, and it has its name.
  void take(const api::VRRPGroup& group);

  // The IDs of the pool's ranges that are free for these nodes: no group of the family has a member with
  // the same (node, interface), no node hears a foreign speaker with it there, and no group, readable or not,
  // has the name that `segment` would give it.
  Ids free(const api::AddressPool& pool, const Candidates& candidates, const std::string& segment,
           net::Family family);

  // True if a group has a member with this ID on that interface of the node.
  bool is_taken(int id, net::Family family, const std::string& node, const std::string& interface) const;

 private:
  using Place = std::tuple<net::Family, std::string, std::string>;  // node, interface

  const Ids& named(const std::string& segment, net::Family family);

  const Inputs& inputs_;
  std::map<Place, Ids> of_groups_;
  std::map<Place, Ids> heard_;
  std::map<std::pair<std::string, net::Family>, Ids> named_;  // by segment; of those that were asked for
};

}  // namespace fairlead::controller
