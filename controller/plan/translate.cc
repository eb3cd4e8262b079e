#include "controller/plan/translate.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "controller/plan/names.h"

namespace fairlead::controller {
namespace {

using ServerKey = std::tuple<net::IpAddress, net::Protocol, net::Port>;
using RealKey = std::pair<ServerKey, net::Endpoint>;

ServerKey key_of(const api::VirtualServer& server) { return {server.address, server.protocol, server.port}; }
RealKey key_of(const api::VirtualServer& server, const api::RealServer& real) {
  return {key_of(server), {real.address, real.port}};
}

// Where each real server stands in the sets that exist.
std::map<RealKey, int> present_slices(const std::vector<const api::RealServerSet*>& observed) {
  std::map<RealKey, int> out;
  for (const auto* set : observed) {
    for (const auto& server : set->spec.virtual_servers) {
      for (const auto& real : server.reals) out.insert({key_of(server, real), set->spec.slice_index});
    }
  }
  return out;
}

// The slice of every real server of every virtual server, in order; those that are somewhere already first.
std::vector<std::vector<int>> spread(const Backends& backends, const std::map<RealKey, int>& present) {
  std::size_t total = 0;
  for (const auto& server : backends.virtual_servers) total += server.reals.size();
  const std::size_t slices = std::max<std::size_t>(1, (total + kMostRealsPerSet - 1) / kMostRealsPerSet);
  std::vector<std::size_t> filled(slices, 0);
  std::vector<std::vector<int>> out;
  for (const auto& server : backends.virtual_servers) {
    auto& places = out.emplace_back(server.reals.size(), -1);
    for (std::size_t i = 0; i < server.reals.size(); ++i) {
      const auto found = present.find(key_of(server, server.reals[i]));
      if (found == present.end() || static_cast<std::size_t>(found->second) >= slices) continue;
      auto& count = filled[static_cast<std::size_t>(found->second)];
      if (count < kMostRealsPerSet) {
        places[i] = found->second;
        ++count;
      }
    }
  }
  std::size_t slice = 0;
  for (auto& places : out) {
    for (int& place : places) {
      if (place >= 0) continue;
      while (filled[slice] >= kMostRealsPerSet) ++slice;
      place = static_cast<int>(slice);
      ++filled[slice];
    }
  }
  return out;
}

api::ObjectMeta set_meta(const api::VirtualIP& virtual_ip, const std::string& group, net::Family family,
                         int slice) {
  api::ObjectMeta meta;
  meta.name = real_server_set_name(virtual_ip.meta.name, family, slice);
  meta.namespace_name = virtual_ip.meta.namespace_name;
  meta.labels[kGroupLabel] = label_value(group);
  meta.labels[kVirtualIpLabel] = label_value(virtual_ip.meta.name);
  meta.owner_references.push_back(
      {"fairlead.dev/v1alpha1", "VirtualIP", virtual_ip.meta.name, virtual_ip.meta.uid, true});
  return meta;
}

}  // namespace

std::vector<api::RealServerSet> real_server_sets(const api::VirtualIP& virtual_ip, const std::string& group,
                                                 const net::IpAddress& address, const Backends& backends,
                                                 const std::vector<const api::RealServerSet*>& observed) {
  std::vector<api::RealServerSet> out;
  if (backends.virtual_servers.empty()) return out;
  const auto places = spread(backends, present_slices(observed));
  int count = 1;
  for (const auto& row : places) {
    for (const int place : row) count = std::max(count, place + 1);
  }
  for (int slice = 0; slice < count; ++slice) {
    api::RealServerSet set;
    set.meta = set_meta(virtual_ip, group, address.family(), slice);
    set.spec = {group, slice, count, {}, {}};
    for (std::size_t i = 0; i < places.size(); ++i) {
      api::VirtualServer server = backends.virtual_servers[i];
      std::vector<api::RealServer> here;
      for (std::size_t r = 0; r < places[i].size(); ++r) {
        if (places[i][r] == slice) here.push_back(server.reals[r]);
      }
      if (here.empty() && slice > 0) continue;
      server.reals = std::move(here);
      set.spec.virtual_servers.push_back(std::move(server));
    }
    out.push_back(std::move(set));
  }
  return out;
}

}  // namespace fairlead::controller
