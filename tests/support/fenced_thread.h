#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/vrrp_thread.h"

namespace fairlead::test {

// The vrrp thread with somebody who answers its wishes for the finer fence.
struct FencedThread : VrrpThread {
  const std::vector<filter::FencedGroup>& wished() const { return reports.back().fenced; }
  // The forwarding thread's answer; everything is ready.
  void answer(std::vector<filter::FencedGroup> tried, std::vector<filter::FencedGroup> held,
              std::string why_not = "") {
    agent::ForwardingReport report;
    report.sequence = sequence;
    report.ready = {ip("192.0.2.100"), ip("192.0.2.101"), ip("192.0.2.102")};
    report.fence = agent::FenceReport{std::move(tried), std::move(held), std::move(why_not)};
    routers->forwarding(std::move(report));
  }
  void carry_out() { answer(wished(), wished()); }
};

}  // namespace fairlead::test
