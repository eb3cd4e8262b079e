#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/api/label_selector.h"
#include "lib/api/meta.h"
#include "lib/api/vrrp_group.h"
#include "lib/base/time.h"
#include "lib/net/prefix.h"

// AddressPool (fairlead.dev/v1alpha1, cluster): addresses, who may use them, VRRP defaults. api.md.
namespace fairlead::api {

struct PoolVrrp {
  int version = 3;                    // 2: IPv4 only
  Milliseconds advert_interval{250};  // 10..40950, steps of 10; version 2: whole seconds
  bool preempt = true;
  Seconds preempt_delay{30};
  std::vector<std::pair<int, int>> virtual_router_ids{{1, 255}};  // inclusive ranges, as written
  Checksum checksum = Checksum::kRfc9568;
  Transport transport = Transport::kMulticast;
  Milliseconds link_up_delay{0};  // 0..600000
  friend bool operator==(const PoolVrrp&, const PoolVrrp&) = default;
};

// Who may use the pool; an empty list keeps nobody out. The names are MetalLB's.
struct ServiceAllocation {
  int priority = 0;                                // lowest first; 0: last
  std::vector<std::string> namespaces;             // these, and those that namespace_selectors match
  std::vector<LabelSelector> namespace_selectors;  // any of them
  std::vector<LabelSelector> service_selectors;    // any of them
  friend bool operator==(const ServiceAllocation&, const ServiceAllocation&) = default;
};

struct AddressPoolSpec {
  std::vector<net::AddressRange> addresses;
  bool auto_assign = true;       // false: only for those who name the pool, or an address of it
  bool avoid_buggy_ips = false;  // IPv4 addresses that end in .0 and .255 are not given away
  ServiceAllocation service_allocation;
  std::string interface;  // empty: on each node the interface whose prefix covers the address
  LabelSelector node_selector;
  int groups = 0;  // initial spread; 0: computed, one per eligible node, at most 8
  PoolVrrp vrrp;
  friend bool operator==(const AddressPoolSpec&, const AddressPoolSpec&) = default;
};

struct AddressPoolStatus {
  std::int64_t assigned_ipv4 = 0;
  std::int64_t available_ipv4 = 0;
  std::int64_t assigned_ipv6 = 0;
  std::int64_t available_ipv6 = 0;  // saturates at 2^53
  std::vector<std::string> cidrs;   // exact cover of spec.addresses
  std::vector<Condition> conditions;
  friend bool operator==(const AddressPoolStatus&, const AddressPoolStatus&) = default;
};

struct AddressPool {
  ObjectMeta meta;
  AddressPoolSpec spec;
  AddressPoolStatus status;
  friend bool operator==(const AddressPool&, const AddressPool&) = default;
};

Decoded<AddressPool> decode_address_pool(std::string_view json);
std::string encode_address_pool_status(const AddressPool& object);

}  // namespace fairlead::api
