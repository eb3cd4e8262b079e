#include "node/agent/virtual_router_metrics.h"

#include <chrono>
#include <utility>

namespace fairlead::agent {
namespace {

const std::string kState = "fairlead_node_vrrp_state";
const std::string kPriority = "fairlead_node_vrrp_priority";
const std::string kAddresses = "fairlead_node_addresses";
const std::string kTransitionTime = "fairlead_node_last_transition_timestamp_seconds";
const std::string kSent = "fairlead_node_vrrp_adverts_sent_total";
const std::string kUnsent = "fairlead_node_vrrp_adverts_unsent_total";
const std::string kReceived = "fairlead_node_vrrp_adverts_received_total";

double seconds(Microseconds span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

std::string_view to_string(RepairCause cause) {
  switch (cause) {
    case RepairCause::kRemoved:
      return "removed";
    case RepairCause::kExpired:
      return "expired";
    case RepairCause::kDuplicate:
      return "duplicate";
  }
  return "unknown";
}

std::string_view to_string(HoldFailure failure) {
  switch (failure) {
    case HoldFailure::kDenied:
      return "denied";
    case HoldFailure::kRefused:
      return "refused";
  }
  return "unknown";
}

GroupMetrics::GroupMetrics(sys::Metrics& metrics, std::string group)
    : metrics_(metrics),
      group_(std::move(group)),
      state_(metrics.gauge(kState, "State of the virtual router: 0 Initialize, 1 Backup, 2 Master.",
                           {{"group", group_}})),
      priority_(metrics.gauge(kPriority, "Priority this node advertises with.", {{"group", group_}})),
      addresses_(metrics.gauge(kAddresses, "Virtual addresses held, acknowledged by the kernel.",
                               {{"group", group_}})),
      transition_time_(metrics.gauge(kTransitionTime, "When the virtual router last changed its state.",
                                     {{"group", group_}})),
      sent_(metrics.counter(kSent, "VRRP advertisements sent.", {{"group", group_}})),
      unsent_(metrics.counter(kUnsent, "VRRP advertisements that could not be sent.", {{"group", group_}})),
      received_(
          metrics.counter(kReceived, "VRRP advertisements received and accepted.", {{"group", group_}})) {}

GroupMetrics::~GroupMetrics() {
  for (const std::string& name :
       {kState, kPriority, kAddresses, kTransitionTime, kSent, kUnsent, kReceived}) {
    metrics_.remove(name, {{"group", group_}});
  }
}

void GroupMetrics::set_state(api::MemberState state) {
  state_.set(state == api::MemberState::kInitialize ? 0 : state == api::MemberState::kBackup ? 1 : 2);
}

void GroupMetrics::set_priority(vrrp::Priority priority) { priority_.set(priority.value()); }
void GroupMetrics::set_addresses(std::size_t held) { addresses_.set(static_cast<double>(held)); }

void GroupMetrics::count_transition(api::MemberState to, vrrp::Reason reason, WallTime at) {
  metrics_
      .counter(
          "fairlead_node_vrrp_transitions_total", "Changes of a virtual router's state.",
          {{"group", group_}, {"to", std::string(to_string(to))}, {"reason", std::string(to_string(reason))}})
      .add(1);
  transition_time_.set(std::chrono::duration<double>(at.time_since_epoch()).count());
}

void GroupMetrics::count_sent() { sent_.add(1); }
void GroupMetrics::count_unsent() { unsent_.add(1); }
void GroupMetrics::count_received() { received_.add(1); }

VrrpMetrics::VrrpMetrics(sys::Metrics& metrics)
    : metrics_(metrics),
      lateness_(metrics.histogram(
          "fairlead_node_vrrp_advert_lateness_seconds", "How much later than due advertisements left.", {},
          {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5})) {}

void VrrpMetrics::count_rejected(const std::string& group, vrrp::RejectReason reason) {
  metrics_
      .counter("fairlead_node_vrrp_adverts_rejected_total",
               "VRRP packets dropped, by reason (RFC 8347); group is empty if it is none of ours.",
               {{"group", group}, {"reason", std::string(to_string(reason))}})
      .add(1);
}

void VrrpMetrics::count_checksum(vrrp::ChecksumMatch match) {
  auto& series = checksums_[match];
  if (series == nullptr) {
    series = &metrics_.counter("fairlead_node_vrrp_checksum_forms_total",
                               "Accepted advertisements by checksum form.",
                               {{"form", std::string(to_string(match))}});
  }
  series->add(1);
}

void VrrpMetrics::count_odd(const std::string& group, vrrp::Oddity oddity) {
  metrics_
      .counter("fairlead_node_vrrp_odd_adverts_total",
               "Advertisements for a virtual router of ours that say something is wrong, by what.",
               {{"group", group}, {"what", std::string(to_string(oddity))}})
      .add(1);
}

void VrrpMetrics::count_foreign(const std::string& interface) {
  metrics_
      .counter("fairlead_node_vrrp_foreign_adverts_total",
               "Sound advertisements of virtual routers that are not ours.", {{"interface", interface}})
      .add(1);
}

void VrrpMetrics::count_announced(const std::string& interface, net::Family family, std::size_t frames) {
  auto& series = announced_[{interface, family}];
  if (series == nullptr) {
    series = &metrics_.counter("fairlead_node_garp_sent_total",
                               "Gratuitous ARP and unsolicited neighbour advertisements sent.",
                               {{"interface", interface}, {"family", std::string(to_string(family))}});
  }
  series->add(static_cast<double>(frames));
}

void VrrpMetrics::count_repair(RepairCause cause) {
  metrics_
      .counter("fairlead_node_address_repairs_total", "Virtual addresses put back, by why they were gone.",
               {{"cause", std::string(to_string(cause))}})
      .add(1);
}

void VrrpMetrics::count_renewal_error(HoldFailure failure) {
  metrics_
      .counter("fairlead_node_address_renewal_errors_total", "Virtual addresses that could not be held.",
               {{"cause", std::string(to_string(failure))}})
      .add(1);
}

void VrrpMetrics::observe_lateness(Microseconds lateness) { lateness_.observe(seconds(lateness)); }

void VrrpMetrics::observe_outage(vrrp::Reason reason, Microseconds outage) {
  metrics_
      .histogram("fairlead_node_failover_seconds",
                 "From the last advertisement heard to the address acknowledged, on becoming Master.",
                 {{"reason", std::string(to_string(reason))}},
                 {0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 8, 16})
      .observe(seconds(outage));
}

}  // namespace fairlead::agent
