#include "controller/app/measures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/status/conditions.h"
#include "unit/controller/builders.h"

// K-42; docs/metrics.md.
namespace fairlead::controller {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::put;
using testing::vip;

Statuses with_pool(std::int64_t used, std::int64_t free) {
  Statuses out;
  auto& pool = out.pools[{"", "public"}];
  pool.assigned_ipv4 = used;
  pool.available_ipv4 = free;
  pool.available_ipv6 = 7;
  return out;
}

TEST(Measures, ShowHowFullAPoolIsByFamilyUntilItIsGone) {
  sys::Metrics metrics;
  Measures measures(metrics);
  measures.show(with_pool(2, 30));
  const auto line = [](const std::string& name, const std::string& family, int value) {
    return name + "{family=\"" + family + "\",pool=\"public\"} " + std::to_string(value) + "\n";
  };
  EXPECT_THAT(metrics.render(), HasSubstr(line("fairlead_controller_pool_addresses", "IPv4", 32)));
  EXPECT_THAT(metrics.render(), HasSubstr(line("fairlead_controller_pool_addresses_used", "IPv4", 2)));
  EXPECT_THAT(metrics.render(), HasSubstr(line("fairlead_controller_pool_addresses", "IPv6", 7)));
  EXPECT_THAT(metrics.render(), HasSubstr(line("fairlead_controller_pool_addresses_used", "IPv6", 0)));
  measures.show(Statuses{});
  EXPECT_THAT(metrics.render(), Not(HasSubstr("pool=\"public\"")));
}

TEST(Measures, CountVirtualIPsByStateAndGroupsThatAreSplit) {
  sys::Metrics metrics;
  Measures measures(metrics);
  Statuses statuses;
  statuses.virtual_ips[{"shop", "web"}].state = "Ready";
  statuses.virtual_ips[{"shop", "api"}].state = "Split";
  statuses.groups[{"", "g"}].state = "Split";
  statuses.groups[{"", "h"}].state = "Ready";
  measures.show(statuses);
  EXPECT_THAT(metrics.render(), HasSubstr("fairlead_controller_split_ownership 1\n"));
  EXPECT_THAT(metrics.render(), HasSubstr("fairlead_controller_virtualips{state=\"Ready\"} 1\n"));
  EXPECT_THAT(metrics.render(), HasSubstr("fairlead_controller_virtualips{state=\"Split\"} 1\n"));
  EXPECT_THAT(metrics.render(), HasSubstr("fairlead_controller_virtualips{state=\"Pending\"} 0\n"));
  measures.show(Statuses{});
  EXPECT_THAT(metrics.render(), HasSubstr("fairlead_controller_split_ownership 0\n"));
  EXPECT_THAT(metrics.render(), HasSubstr("fairlead_controller_virtualips{state=\"Ready\"} 0\n"));
}

TEST(Measures, CountOnceWhoCouldGetNoAddress) {
  sys::Metrics metrics;
  Measures measures(metrics);
  Inputs inputs;
  auto web = vip("web", "192.0.2.100");
  web.spec.pool = "public";
  put(inputs.virtual_ips, web);
  Statuses statuses;
  statuses.virtual_ips[{"shop", "web"}].conditions = {
      condition("Allocated", false, Reason::kPoolExhausted, "no address is left")};
  for (int round = 0; round < 2; ++round) {
    measures.count_failures(inputs, statuses);
    EXPECT_THAT(
        metrics.render(),
        HasSubstr(
            "fairlead_controller_allocation_failures_total{pool=\"public\",reason=\"PoolExhausted\"} 1\n"));
  }
}

TEST(Measures, TellOfTheQueueOfRoundsAndOfWhatRuns) {
  sys::Metrics metrics;
  Measures measures(metrics);
  measures.added();
  measures.added();
  measures.waited(Milliseconds(20));
  measures.worked(Milliseconds(300));
  measures.round(Milliseconds(2));
  measures.endpoints_round(Milliseconds(1));
  const std::string text = metrics.render();
  EXPECT_THAT(text, HasSubstr("fairlead_workqueue_adds_total{queue=\"rounds\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("fairlead_workqueue_wait_seconds_sum{queue=\"rounds\"} 0.02\n"));
  EXPECT_THAT(text, HasSubstr("fairlead_workqueue_work_seconds_count{queue=\"rounds\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("fairlead_workqueue_work_seconds_sum{queue=\"rounds\"} 0.3\n"));
  for (const std::string kind : {"all", "endpoints"}) {
    EXPECT_THAT(text,
                HasSubstr("fairlead_controller_reconcile_duration_seconds_count{kind=\"" + kind + "\"} 1\n"));
  }
  EXPECT_THAT(text, HasSubstr("fairlead_build_info{component=\"controller\""));
}

}  // namespace
}  // namespace fairlead::controller
