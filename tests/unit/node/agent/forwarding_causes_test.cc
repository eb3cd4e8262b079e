#include <functional>
#include <optional>
#include <set>
#include <string>

#include "node/agent/forwarding_table.h"
#include "unit/node/agent/counting_ipvs.h"

// What counts as a repair: it is told as somebody else's doing, and makes a fight (FN-07, FN-08). So nothing
// of our own may be among it.
namespace fairlead::agent {
namespace {

using testing::CountingIpvs;
using testing::Journal;
using testing::key;
using testing::keys_of;
using testing::order_of;
using testing::real;

class ForwardingCauses : public ::testing::Test {
 protected:
  ForwardingCauses() { EXPECT_TRUE(table.follow(order)); }
  // The entries that the audit repairs.
  std::size_t audited() {
    const auto pass = table.pass(order, keys_of(order));
    return pass ? pass->repairs.size() + pass->rest_of_repairs.size() : 99U;
  }
  std::size_t followed() {
    const auto pass = table.follow(order);
    return pass ? pass->repairs.size() + pass->rest_of_repairs.size() : 99U;
  }
  void without(std::string scheduler) {
    kernel.meddles = [scheduler = std::move(scheduler)](const ipvs::Change& change) -> std::optional<Error> {
      const auto* added = std::get_if<ipvs::AddService>(&change);
      const auto* set = std::get_if<ipvs::SetService>(&change);
      const bool asks = (added != nullptr && added->service.scheduler == scheduler) ||
                        (set != nullptr && set->service.scheduler == scheduler);
      if (!asks) return std::nullopt;
      return fail(Code::kNotFound, "ENOENT");
    };
  }
  // The first change of that kind fails, and the kernel has it nonetheless or somebody else did it.
  void surprise_once(Error error) {
    kernel.meddles = [this, error](const ipvs::Change& change) -> std::optional<Error> {
      if (met || !std::holds_alternative<ipvs::AddDestination>(change)) return std::nullopt;
      met = true;
      return error;
    };
  }
  void want_another_server() {
    for (auto& [key, server] : order.servers) server.reals.insert({real(9), {api::Weight(1)}});
  }
  std::string scheduler(int number) const { return kernel.table.at(key(number)).service.scheduler; }

  Journal journal;
  TimePoint now{Seconds(1000)};
  bool met = false;
  CountingIpvs kernel{journal, now};
  ForwardingTable table{kernel, {[this] { return now; }, [] {}}};
  testing::OwnOrder order = order_of(3, 2);
};

TEST_F(ForwardingCauses, WhatOthersChangedIsARepair) {
  kernel.table.at(key(0)).service.scheduler = "sh";
  kernel.table.at(key(1)).destinations.erase(real(1));
  EXPECT_EQ(audited(), 2U);
  EXPECT_EQ(audited(), 0U);
}

// FN-30.
TEST_F(ForwardingCauses, AMissingSchedulerThatIsThereAtLastIsNoRepair) {
  for (auto& [key, server] : order.servers) server.scheduler = api::Scheduler::kLc;
  without("lc");
  EXPECT_EQ(followed(), 0U);
  EXPECT_EQ(scheduler(0), "wlc");
  EXPECT_EQ(audited(), 0U);

  kernel.meddles = {};
  table.try_missing_schedulers();
  // One of them comes to try first; the audit sees the others.
  order.servers.at(key(0)).reals.insert({real(9), {api::Weight(1)}});
  EXPECT_EQ(followed(), 0U);
  EXPECT_EQ(audited(), 0U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(scheduler(i), "lc") << i;
}

TEST_F(ForwardingCauses, TheFallbackThatOthersChangedIsPutBackAsARepair) {
  for (auto& [key, server] : order.servers) server.scheduler = api::Scheduler::kLc;
  without("lc");
  followed();
  kernel.table.at(key(1)).service.scheduler = "sh";
  EXPECT_EQ(audited(), 1U);
  EXPECT_EQ(scheduler(1), "wlc");
}

TEST_F(ForwardingCauses, AnOrderThatSurprisesOnceIsNoRepair) {
  want_another_server();
  surprise_once(fail(Code::kUnavailable, "add server: no answer"));
  EXPECT_EQ(followed(), 0U);
  EXPECT_TRUE(met);
  EXPECT_TRUE(kernel.table.at(key(0)).destinations.contains(real(9)));
}

// Once it is carried out, what others do to it is a repair again.
TEST_F(ForwardingCauses, AfterAnOrderThatSurprisedWhatOthersChangeIsARepairAgain) {
  want_another_server();
  surprise_once(fail(Code::kUnavailable, "add server: no answer"));
  followed();
  kernel.table.at(key(0)).destinations.erase(real(9));
  EXPECT_EQ(audited(), 1U);
}

// The kernel refused it for a while.
TEST_F(ForwardingCauses, ARefusedServerThatTheKernelTakesAtLastIsNoRepair) {
  want_another_server();
  kernel.meddles = [](const ipvs::Change& change) -> std::optional<Error> {
    if (!std::holds_alternative<ipvs::AddDestination>(change)) return std::nullopt;
    return fail(Code::kInvalid, "ENOMEM");
  };
  EXPECT_EQ(followed(), 0U);
  kernel.meddles = {};
  EXPECT_EQ(audited(), 0U);
  EXPECT_TRUE(kernel.table.at(key(2)).destinations.contains(real(9)));
}

}  // namespace
}  // namespace fairlead::agent
