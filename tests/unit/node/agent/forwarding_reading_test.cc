#include <optional>
#include <set>
#include <string>

#include "node/agent/forwarding_table.h"
#include "unit/node/agent/counting_ipvs.h"

// The kernel's table cannot be read now: what was done before counts, and what is not known stays open.
namespace fairlead::agent {
namespace {

using testing::CountingIpvs;
using testing::Journal;
using testing::key;
using testing::keys_of;
using testing::kReal;
using testing::kVip;
using testing::order_of;
using testing::real;

const Error kBusy = fail(Code::kUnavailable, "list services: ENOBUFS");

class ForwardingReading : public ::testing::Test {
 protected:
  // The first change of that kind fails with `error` and from then on nothing can be read. `done`: the kernel
  // carried it out nonetheless.
  template <class Kind>
  void goes_blind_at_first(Error error, bool done) {
    kernel.meddles = [this, error, done](const ipvs::Change& change) -> std::optional<Error> {
      if (!std::holds_alternative<Kind>(change) || blind) return std::nullopt;
      blind = true;
      if (const auto* added = std::get_if<ipvs::AddService>(&change); added != nullptr && done) {
        kernel.table[added->key].service = added->service;
      }
      return error;
    };
    kernel.hides = [this]() -> std::optional<Error> {
      if (!blind) return std::nullopt;
      return kBusy;
    };
  }
  void sees_again() {
    kernel.hides = {};
    kernel.meddles = {};
  }

  Journal journal;
  TimePoint now{Seconds(1000)};
  bool blind = false;
  CountingIpvs kernel{journal, now};
  ForwardingTable table{kernel, {[this] { return now; }, [] {}}};
  testing::OwnOrder order = order_of(3, 2);
};

TEST_F(ForwardingReading, WhatCannotBeReadAtAllIsAnErrorAndNothingWasDone) {
  kernel.hides = [] { return kBusy; };
  const auto pass = table.follow(order);
  ASSERT_FALSE(pass);
  EXPECT_EQ(pass.error(), kBusy);
  EXPECT_TRUE(journal.empty());
}

TEST_F(ForwardingReading, WhatWasDoneIsToldIfTheTableCannotBeReadAgainAfterwards) {
  goes_blind_at_first<ipvs::AddDestination>(fail(Code::kConflict, "add server: EEXIST"), false);
  const auto pass = table.follow(order);
  ASSERT_TRUE(pass);
  EXPECT_EQ(pass->broken_off, kBusy);
  EXPECT_EQ(pass->done.size(), 3U + 5U);
  EXPECT_EQ(table.settled(), keys_of(order));
  EXPECT_EQ(table.refused().size(), 1U);

  sees_again();
  ASSERT_TRUE(table.follow(order));
  EXPECT_TRUE(table.refused().empty());
  EXPECT_EQ(kernel.table.at(key(0)).destinations.size(), 2U);
}

TEST_F(ForwardingReading, ANewServiceWhoseAnswerWasLostStaysInQuestionUntilItCanBeRead) {
  goes_blind_at_first<ipvs::AddService>(kBusy, true);
  ASSERT_TRUE(table.follow(order));
  ASSERT_FALSE(table.follow(order));
  sees_again();
  ASSERT_TRUE(table.follow(order));
  EXPECT_TRUE(table.foreign().empty());
  EXPECT_EQ(table.settled(), keys_of(order));
}

// Of several in question one is judged, and the reading of the next fails.
TEST_F(ForwardingReading, OfSeveralInQuestionEachStaysSoUntilItIsJudged) {
  kernel.meddles = [this](const ipvs::Change& change) -> std::optional<Error> {
    const auto* added = std::get_if<ipvs::AddService>(&change);
    if (added == nullptr) return std::nullopt;
    kernel.table[added->key].service = added->service;
    blind = true;
    return kBusy;
  };
  kernel.hides = [this]() -> std::optional<Error> {
    if (!blind) return std::nullopt;
    return kBusy;
  };
  ASSERT_TRUE(table.follow(order));
  kernel.meddles = {};
  int answers = 2;  // the dump, and the first service's destinations
  kernel.hides = [&]() -> std::optional<Error> {
    if (answers-- > 0) return std::nullopt;
    return kBusy;
  };
  ASSERT_FALSE(table.follow(order));
  kernel.hides = {};
  ASSERT_TRUE(table.follow(order));
  EXPECT_TRUE(table.foreign().empty());
  EXPECT_EQ(table.settled(), keys_of(order));
}

// It would stay as somebody else's, and be refused should the virtual server come back.
TEST_F(ForwardingReading, ANewServiceInQuestionThatIsNotWantedAnyMoreGoes) {
  goes_blind_at_first<ipvs::AddService>(kBusy, true);
  ASSERT_TRUE(table.follow(order));
  sees_again();
  order.servers.clear();
  ASSERT_TRUE(table.pass(order, {}));
  EXPECT_TRUE(kernel.table.empty());
}

// datapath.md 5: what goes with the service is told, too, or clients of UDP stay with it.
TEST_F(ForwardingReading, AServiceOfAnEarlierRunThatLeavesUnseenTellsItsServersOfUdp) {
  const ipvs::Key dns{kVip, net::Protocol::kUdp, net::Port(53)};
  kernel.table[dns].destinations = {{real(1), {}}, {real(2), {}}};
  table.claim({dns});
  const auto pass = table.pass(testing::OwnOrder{}, {});
  ASSERT_TRUE(pass);
  EXPECT_TRUE(kernel.table.empty());
  EXPECT_EQ(pass->departures.gone, (std::set<ipvs::Server>{{dns, real(1)}, {dns, real(2)}}));
}

}  // namespace
}  // namespace fairlead::agent
