#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "node/agent/forwarding_table.h"
#include "unit/node/agent/counting_ipvs.h"

// What others do to the table between our look and our change (datapath.md 4: EEXIST means "compare, then
// SET"; ESRCH; an answer that is lost).
namespace fairlead::agent {
namespace {

using testing::CountingIpvs;
using testing::Journal;
using testing::key;
using testing::keys_of;
using testing::order_of;
using testing::real;

class ForwardingSurprises : public ::testing::Test {
 protected:
  // Does `what` before the first change of that kind, which then fails with `error`.
  template <class Kind>
  void before_first(std::function<void(const Kind&)> what, Error error) {
    kernel.meddles = [this, what = std::move(what),
                      error = std::move(error)](const ipvs::Change& change) -> std::optional<Error> {
      const auto* one = std::get_if<Kind>(&change);
      if (one == nullptr || met) return std::nullopt;
      met = true;
      what(*one);
      return error;
    };
  }
  void expect_as_ordered() const {
    EXPECT_TRUE(met);
    EXPECT_EQ(table.settled(), keys_of(order));
    EXPECT_TRUE(table.refused().empty());
    EXPECT_TRUE(table.failed().empty());
    for (int i = 0; i < 3; ++i) {
      const auto& destinations = kernel.table.at(key(i)).destinations;
      EXPECT_EQ(destinations, (ipvs::Destinations{{real(1), {}}, {real(2), {}}})) << i;
    }
  }

  Journal journal;
  TimePoint now{Seconds(1000)};
  bool met = false;
  CountingIpvs kernel{journal, now};
  ForwardingTable table{kernel, {[this] { return now; }, [] {}}};
  testing::OwnOrder order = order_of(3, 2);
};

TEST_F(ForwardingSurprises, AServerThatSomebodyElseAddedMeanwhileIsCompared) {
  before_first<ipvs::AddDestination>(
      [this](const ipvs::AddDestination& c) {
        kernel.table.at(c.key).destinations[c.endpoint].weight = ipvs::Weight(9);
      },
      fail(Code::kConflict, "add server: EEXIST"));
  ASSERT_TRUE(table.follow(order));
  expect_as_ordered();
}

TEST_F(ForwardingSurprises, AServiceThatSomebodyElseDeletedMeanwhileIsAddedAgain) {
  before_first<ipvs::AddDestination>([this](const ipvs::AddDestination& c) { kernel.table.erase(c.key); },
                                     fail(Code::kNotFound, "add server: ESRCH"));
  ASSERT_TRUE(table.follow(order));
  expect_as_ordered();
}

TEST_F(ForwardingSurprises, AChangeWhoseAnswerWasLostIsLookedFor) {
  before_first<ipvs::AddDestination>(
      [this](const ipvs::AddDestination& c) {
        kernel.table.at(c.key).destinations[c.endpoint] = c.destination;
      },
      fail(Code::kUnavailable, "add server: no answer"));
  ASSERT_TRUE(table.follow(order));
  expect_as_ordered();
}

TEST_F(ForwardingSurprises, ANewServiceWhoseAnswerWasLostIsLookedForBeforeItIsOurs) {
  before_first<ipvs::AddService>([](const ipvs::AddService&) {},
                                 fail(Code::kUnavailable, "add service: no answer"));
  ASSERT_TRUE(table.follow(order));
  expect_as_ordered();
}

TEST_F(ForwardingSurprises, ANewServiceThatWasMadeThoughItsAnswerWasLostIsOurs) {
  before_first<ipvs::AddService>(
      [this](const ipvs::AddService& c) { kernel.table[c.key].service = c.service; },
      fail(Code::kUnavailable, "add service: no answer"));
  ASSERT_TRUE(table.follow(order));
  expect_as_ordered();
  EXPECT_TRUE(table.foreign().empty());
}

// FN-34: what is there is not what we asked for.
TEST_F(ForwardingSurprises, ANewServiceWhoseAnswerWasLostIsNotOursIfItIsAnother) {
  const ipvs::Entry served{{"rr", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""}, {{real(9), {}}}};
  const ipvs::Entry other{{"sh", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""}, {}};
  for (const ipvs::Entry& theirs : {served, other}) {
    met = false;
    kernel.table.clear();
    table.forget_everything();
    before_first<ipvs::AddService>([&](const ipvs::AddService& c) { kernel.table[c.key] = theirs; },
                                   fail(Code::kUnavailable, "add service: no answer"));
    ASSERT_TRUE(table.follow(order));
    EXPECT_EQ(table.foreign(), std::set<ipvs::Key>{key(0)});
    EXPECT_EQ(kernel.table.at(key(0)), theirs);
  }
}

// FN-34: somebody else's NEW came first. Nothing of ours is put into it.
TEST_F(ForwardingSurprises, AServiceThatSomebodyElseAddedMeanwhileStaysTheirs) {
  const ipvs::Entry theirs{{"sh", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""}, {}};
  std::optional<ipvs::Key> taken;
  before_first<ipvs::AddService>(
      [&](const ipvs::AddService& c) {
        kernel.table[c.key] = theirs;
        taken = c.key;
      },
      fail(Code::kConflict, "add service: EEXIST"));
  ASSERT_TRUE(table.follow(order));
  ASSERT_TRUE(taken);
  EXPECT_EQ(kernel.table.at(*taken), theirs);
  EXPECT_EQ(table.foreign(), std::set<ipvs::Key>{*taken});
  EXPECT_FALSE(table.settled().contains(*taken));
  EXPECT_EQ(table.settled().size(), 2U);
}

class MissingScheduler : public ForwardingSurprises {
 protected:
  // No service takes rr.
  static std::optional<Error> lacks_rr(const ipvs::Change& change) {
    const auto* added = std::get_if<ipvs::AddService>(&change);
    const auto* set = std::get_if<ipvs::SetService>(&change);
    const bool rr = (added != nullptr && added->service.scheduler == "rr") ||
                    (set != nullptr && set->service.scheduler == "rr");
    if (!rr) return std::nullopt;
    return fail(Code::kNotFound, "ENOENT");
  }
  void expect_all_with(const std::string& scheduler) const {
    EXPECT_EQ(table.settled(), keys_of(order));
    EXPECT_TRUE(table.failed().empty());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(kernel.table.at(key(i)).service.scheduler, scheduler) << i;
  }
  const std::set<api::Scheduler> rr{api::Scheduler::kRr};
};

// FN-30.
TEST_F(MissingScheduler, OfSeveralServicesIsReplacedInEachOfThem) {
  kernel.meddles = lacks_rr;
  ASSERT_TRUE(table.follow(order));
  expect_all_with("wlc");
  EXPECT_EQ(table.missing_schedulers(), rr);
}

// The condition does not come and go with each try.
TEST_F(MissingScheduler, CountsAsMissingUntilATryHasWorked) {
  kernel.meddles = lacks_rr;
  ASSERT_TRUE(table.follow(order));
  table.try_missing_schedulers();
  EXPECT_EQ(table.missing_schedulers(), rr);
  ASSERT_TRUE(table.pass(order, {}));
  EXPECT_EQ(table.missing_schedulers(), rr);
  expect_all_with("wlc");

  kernel.meddles = {};
  ASSERT_TRUE(table.pass(order, {}));  // not tried in between
  expect_all_with("wlc");
  table.try_missing_schedulers();
  ASSERT_TRUE(table.pass(order, {}));
  EXPECT_TRUE(table.missing_schedulers().empty());
  expect_all_with("rr");
}

// Only what surprised is looked at again.
TEST_F(ForwardingSurprises, WhatIsAsItShallBeIsNotReadAgainForTheSakeOfAnother) {
  order = order_of(100, 2);
  before_first<ipvs::AddDestination>(
      [this](const ipvs::AddDestination& c) {
        kernel.table.at(c.key).destinations[c.endpoint].weight = ipvs::Weight(9);
      },
      fail(Code::kConflict, "add server: EEXIST"));
  ASSERT_TRUE(table.follow(order));
  EXPECT_EQ(kernel.dumps, 1);
  EXPECT_EQ(kernel.reads, 1);
  EXPECT_EQ(table.settled(), keys_of(order));
}

}  // namespace
}  // namespace fairlead::agent
