#pragma once

#include <map>
#include <string>
#include <string_view>

#include "lib/api/vrrp_group.h"
#include "lib/base/time.h"
#include "lib/sys/metrics.h"
#include "node/vrrp/machine.h"
#include "node/vrrp/packet.h"
#include "node/vrrp/sightings.h"

namespace fairlead::agent {

// Why an address had to be put back: somebody removed it, a late renewal let it expire, or the kernel's
// duplicate address detection had found it on another node.
enum class RepairCause { kRemoved, kExpired, kDuplicate };
std::string_view to_string(RepairCause cause);  // as in metric and log: "removed", "expired", "duplicate"

// Why the kernel did not take an address: the right to is missing, or anything else.
enum class HoldFailure { kDenied, kRefused };
std::string_view to_string(HoldFailure failure);  // as in the metric: "denied", "refused"

// The series of one group (kubernetes.md 6). Its gauges and its counters of adverts are removed with it;
// the counters of transitions and rejections stay, as counters should. vrrp thread only.
class GroupMetrics {
 public:
  GroupMetrics(sys::Metrics& metrics, std::string group);
  ~GroupMetrics();
  GroupMetrics(const GroupMetrics&) = delete;
  GroupMetrics& operator=(const GroupMetrics&) = delete;

  void set_state(api::MemberState state);
  void set_priority(vrrp::Priority priority);
  void set_addresses(std::size_t held);
  void count_transition(api::MemberState to, vrrp::Reason reason, WallTime at);
  void count_sent();
  void count_unsent();
  void count_received();

 private:
  sys::Metrics& metrics_;
  const std::string group_;
  sys::Gauge& state_;
  sys::Gauge& priority_;
  sys::Gauge& addresses_;
  sys::Gauge& transition_time_;
  sys::Counter& sent_;
  sys::Counter& unsent_;
  sys::Counter& received_;
};

// The series that belong to no single group. vrrp thread only.
class VrrpMetrics {
 public:
  explicit VrrpMetrics(sys::Metrics& metrics);

  // `group` is empty if the packet names no router of ours.
  void count_rejected(const std::string& group, vrrp::RejectReason reason);
  void count_checksum(vrrp::ChecksumMatch match);
  void count_odd(const std::string& group, vrrp::Oddity oddity);
  void count_foreign(const std::string& interface);
  void count_announced(const std::string& interface, net::Family family, std::size_t frames);
  void count_repair(RepairCause cause);
  void count_renewal_error(HoldFailure failure);
  void observe_lateness(Microseconds lateness);
  void observe_outage(vrrp::Reason reason, Microseconds outage);

  sys::Metrics& all() { return metrics_; }

 private:
  sys::Metrics& metrics_;
  sys::Histogram& lateness_;
  std::map<std::pair<std::string, net::Family>, sys::Counter*> announced_;
  std::map<vrrp::ChecksumMatch, sys::Counter*> checksums_;
};

}  // namespace fairlead::agent
