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
  // As VrrpThread's, with a fence that is carried out.
  void become_active(const plan::GroupPlan& group) {
    order({group});
    carry_out();
    world.pass(Seconds(8));
    (void)world.take_journal();
  }
  // The next plan, of which the kernel says that it is busy: it keeps the table of the one before.
  void order_refused(const plan::GroupPlan& group) {
    const auto before = wished();
    order({group});
    answer(wished(), before, "busy");
  }
};

}  // namespace fairlead::test
