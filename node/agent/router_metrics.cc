#include "node/agent/router_metrics.h"

#include <chrono>
#include <vector>

namespace fairlead::agent {
namespace {

const std::vector<double> kLatenessBuckets{0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                           0.025,  0.0625, 0.125, 0.25,   0.5,   1};
const std::vector<double> kFailoverBuckets{0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 30};

constexpr const char* kState = "fairlead_node_vrrp_state";
constexpr const char* kPriority = "fairlead_node_vrrp_priority";
constexpr const char* kLastTransition = "fairlead_node_last_transition_timestamp_seconds";
constexpr const char* kAddresses = "fairlead_node_addresses";
constexpr const char* kSent = "fairlead_node_vrrp_adverts_sent_total";
constexpr const char* kReceived = "fairlead_node_vrrp_adverts_received_total";

}  // namespace

RouterMetrics::RouterMetrics(sys::Metrics& metrics, const std::string& group)
    : state(metrics.gauge(kState, "State of the virtual router: 0 Initialize, 1 Backup, 2 Master.",
                          {{"group", group}})),
      priority(metrics.gauge(kPriority, "Priority of this node in the group.", {{"group", group}})),
      last_transition(metrics.gauge(kLastTransition, "When the state last changed.", {{"group", group}})),
      addresses(metrics.gauge(kAddresses, "Addresses of the group on the interface.", {{"group", group}})),
      sent(metrics.counter(kSent, "Advertisements sent.", {{"group", group}})),
      received(metrics.counter(kReceived, "Valid advertisements received.", {{"group", group}})),
      lateness(metrics.histogram("fairlead_node_vrrp_advert_lateness_seconds",
                                 "How much later than due advertisements left.", {}, kLatenessBuckets)),
      metrics_(metrics),
      group_(group) {}

RouterMetrics::~RouterMetrics() {
  for (const char* name : {kState, kPriority, kLastTransition, kAddresses, kSent, kReceived}) {
    metrics_.remove(name, {{"group", group_}});
  }
}

void RouterMetrics::count_transition(const std::string& to, const std::string& reason) {
  metrics_
      .counter("fairlead_node_vrrp_transitions_total", "Changes of state.",
               {{"group", group_}, {"to", to}, {"reason", reason}})
      .add(1);
}

void RouterMetrics::count_repair(const std::string& cause) {
  metrics_.counter("fairlead_node_address_repairs_total", "Addresses put back.", {{"cause", cause}}).add(1);
}

void RouterMetrics::count_renewal_error() {
  metrics_
      .counter("fairlead_node_address_renewal_errors_total",
               "Additions and renewals of addresses that the kernel refused.", {})
      .add(1);
}

void RouterMetrics::count_announcements(const std::string& interface, std::size_t frames) {
  metrics_
      .counter("fairlead_node_garp_sent_total", "Gratuitous ARP frames sent.",
               {{"interface", interface}, {"family", "IPv4"}})
      .add(static_cast<double>(frames));
}

void RouterMetrics::observe_failover(const std::string& reason, Microseconds outage) {
  metrics_
      .histogram("fairlead_node_failover_seconds",
                 "From the last advertisement heard to the address acknowledged here.", {{"reason", reason}},
                 kFailoverBuckets)
      .observe(std::chrono::duration<double>(outage).count());
}

}  // namespace fairlead::agent
