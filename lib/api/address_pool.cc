#include "lib/api/address_pool.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lib/api/json_view.h"
#include "lib/api/json_write.h"
#include "lib/api/label_selector_fields.h"
#include "lib/api/net_fields.h"
#include "lib/api/vrrp_fields.h"
#include "lib/base/text.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

constexpr Kind kKind{kFairleadVersion, "AddressPool"};
constexpr std::size_t kMaxRanges = 64;
constexpr std::size_t kMaxCidrs = 16384;
constexpr int kMaxGroups = 255;
constexpr std::size_t kMaxNamespaces = 256;
constexpr std::size_t kMaxSelectors = 16;

void read_ranges(const JsonView& list, std::vector<net::AddressRange>& out) {
  list.require();
  const auto items = list.items(kMaxRanges);
  if (list.present() && items.empty()) list.problem("must have at least one CIDR or range");
  for (const auto& item : items) {
    std::string text;
    if (!item.text(text)) continue;
    const auto range = net::parse_range(text);
    if (!range || text.find_first_of("/-") == std::string::npos) {
      item.problem("must be a CIDR, or a range a-b of one family with the lower address first, got " +
                   item.show());
      continue;
    }
    for (const auto& other : out) {
      if (range->overlaps(other)) {
        item.problem("must not overlap another entry of the pool, got " + item.show() + " and " +
                     net::to_string(other));
      }
    }
    out.push_back(*range);
  }
}

// "1-255", "50-99,120": inclusive ranges.
void read_router_ids(const JsonView& view, std::vector<std::pair<int, int>>& out) {
  std::string text;
  if (!view.text(text)) return;
  std::vector<std::pair<int, int>> ranges;
  for (const auto& part : split(text, ',')) {
    const auto dash = part.find('-');
    long long low = 0;
    long long high = 0;
    const std::string_view piece = trim(part);
    const bool ok = dash == std::string::npos ? parse_integer(piece, 1, 255, low)
                                              : parse_integer(trim(part.substr(0, dash)), 1, 255, low);
    high = low;
    if (!ok || (dash != std::string::npos && !parse_integer(trim(part.substr(dash + 1)), low, 255, high))) {
      view.problem("must be numbers of 1..255 and ranges low-high, separated by commas, got " + view.show());
      return;
    }
    ranges.emplace_back(static_cast<int>(low), static_cast<int>(high));
  }
  out = std::move(ranges);
}

void read_vrrp(const JsonView& vrrp, PoolVrrp& out) {
  if (!vrrp.object()) return;
  read_version(vrrp.at("version"), out.version);
  read_advert_interval(vrrp.at("advertIntervalMs"), out.version, out.advert_interval);
  vrrp.at("preempt").read(out.preempt);
  read_preempt_delay(vrrp.at("preemptDelaySeconds"), out.preempt_delay);
  read_router_ids(vrrp.at("virtualRouterIDs"), out.virtual_router_ids);
  read_checksum(vrrp.at("checksum"), out.checksum);
  read_transport(vrrp.at("transport"), out.transport);
  read_link_up_delay(vrrp.at("linkUpDelayMs"), out.link_up_delay);
}

void read_selectors(const JsonView& list, std::vector<LabelSelector>& out) {
  for (const auto& item : list.items(kMaxSelectors)) read_label_selector(item, out.emplace_back());
}

void read_allocation(const JsonView& view, ServiceAllocation& out) {
  if (!view.object()) return;
  view.at("priority").read(0, INT32_MAX, out.priority);
  view.at("namespaces").read(out.namespaces, kMaxNamespaces);
  read_selectors(view.at("namespaceSelectors"), out.namespace_selectors);
  read_selectors(view.at("serviceSelectors"), out.service_selectors);
}

void read_spec(const JsonView& spec, AddressPoolSpec& out) {
  spec.require();
  if (!spec.object()) return;
  read_ranges(spec.at("addresses"), out.addresses);
  spec.at("autoAssign").read(out.auto_assign);
  spec.at("avoidBuggyIPs").read(out.avoid_buggy_ips);
  read_allocation(spec.at("serviceAllocation"), out.service_allocation);
  read_interface(spec.at("interface"), out.interface);
  read_label_selector(spec.at("nodeSelector"), out.node_selector);
  spec.at("groups").read(1, kMaxGroups, out.groups);
  read_vrrp(spec.at("vrrp"), out.vrrp);
  const bool any_v6 = std::any_of(out.addresses.begin(), out.addresses.end(),
                                  [](const net::AddressRange& range) { return !range.first.is_v4(); });
  if (out.vrrp.version == 2 && any_v6) {
    spec.at("vrrp").at("version").problem("must be 3 with IPv6 addresses, got 2");
  }
}

void read_status(const JsonView& status, AddressPoolStatus& out) {
  if (!status.object()) return;
  status.at("assignedIPv4").read(0, INT64_MAX, out.assigned_ipv4);
  status.at("availableIPv4").read(0, INT64_MAX, out.available_ipv4);
  status.at("assignedIPv6").read(0, INT64_MAX, out.assigned_ipv6);
  status.at("availableIPv6").read(0, INT64_MAX, out.available_ipv6);
  status.at("cidrs").read(out.cidrs, kMaxCidrs);
  read_conditions(status.at("conditions"), out.conditions);
}

void read_body(const JsonView& root, AddressPool& out) {
  read_spec(root.at("spec"), out.spec);
  read_status(root.at("status"), out.status);
}

}  // namespace

Decoded<AddressPool> decode_address_pool(std::string_view text) {
  return decode_object<AddressPool>(text, kKind, read_body);
}

std::string encode_address_pool_status(const AddressPool& object) {
  json out = apply_frame(kKind, object.meta);
  const AddressPoolStatus& status = object.status;
  out["status"] = {{"assignedIPv4", status.assigned_ipv4},
                   {"availableIPv4", status.available_ipv4},
                   {"assignedIPv6", status.assigned_ipv6},
                   {"availableIPv6", status.available_ipv6},
                   {"cidrs", status.cidrs},
                   {"conditions", conditions_json(status.conditions)}};
  return dump(out);
}

}  // namespace fairlead::api
