#include "node/kernel/kept_fence.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/kernel/patience.h"

// Which transactions are made of nft table netdev fairlead_fence, and what is known of it after them.
namespace fairlead::kernel {
namespace {

using Journal = std::vector<std::string>;

const Error kRefused = fail(Code::kUnavailable, "table netdev fairlead_fence, element: ENOMEM");

filter::FencedGroup group(int vrid) {
  return {{2, net::Family::kIPv4, vrrp::VirtualRouterId(static_cast<std::uint8_t>(vrid))},
          "eth1",
          {*net::parse_address("192.0.2." + std::to_string(vrid))},
          Milliseconds(833),
          Milliseconds(250)};
}

// One table, with a clock that each call moves on by `takes`.
struct FakeKernel {
  Journal journal;
  TimePoint now{Seconds(1000)};
  Microseconds takes{0};
  int others = 0;  // commits of others that come before ours, one of ours each
  Microseconds others_take{0};
  std::optional<TimePoint> hangs;  // the vrrp thread, since its last turn began
  std::vector<Microseconds> idle;  // as told with each commit that leaves times
  bool refuses = false;
  bool mute = false;  // nothing can be read
  std::uint32_t generation = 1;
  std::optional<filter::FenceTable> table;
  std::uint64_t fingerprint = 0;

  Result<> commit(std::string what, const filter::FenceTable& to) {
    journal.push_back(std::move(what));
    now += takes;
    if (refuses) return kRefused;
    ++generation;
    ++fingerprint;
    table = to;
    return Done{};
  }
  // After the others whose turn it is.
  Result<> commit(std::string what, const filter::FenceTable& to, const FenceMoment& moment) {
    idle.push_back(moment.idle);
    if (others > 0) {
      --others;
      ++generation;
      now += others_take;
    }
    if (!moment.generation) what += ", whoever comes before";
    if (moment.generation && moment.generation->value() != generation) {
      journal.push_back(what + ": others came before");
      return fail(Code::kConflict, "others committed meanwhile");
    }
    return commit(std::move(what), to);
  }
  // Others.
  void flush() {
    ++generation;
    table.reset();
  }
};

class FakeCalls : public FenceCalls {
 public:
  explicit FakeCalls(FakeKernel& kernel) : kernel_(kernel) {}
  Result<> change(const filter::FenceTable&, const filter::FenceTable& to,
                  const FenceMoment& moment) override {
    return kernel_.commit("change", to, moment);
  }
  Result<> replace(const filter::FenceTable& to, const std::optional<FenceMoment>& moment) override {
    return moment ? kernel_.commit("replace, going on", to, *moment) : kernel_.commit("replace", to);
  }
  Result<> remove() override { return kernel_.commit("remove", {}); }
  Result<Generation> generation() override {
    if (kernel_.mute) return fail(Code::kUnavailable, "receive netlink answer: EAGAIN");
    return Generation(kernel_.generation);
  }
  Result<std::optional<TableTrace>> trace() override {
    if (kernel_.mute) return fail(Code::kUnavailable, "receive netlink answer: EAGAIN");
    if (!kernel_.table) return std::optional<TableTrace>();
    return std::optional(TableTrace{filter::rule_count(*kernel_.table), filter::element_count(*kernel_.table),
                                    kernel_.fingerprint});
  }
  TimePoint now() override { return kernel_.now; }
  Microseconds idle() override { return kernel_.hangs ? kernel_.now - *kernel_.hangs : Microseconds(0); }

 private:
  FakeKernel& kernel_;
};

class Kept : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(fence.apply({group(51)}));
    kernel.journal.clear();
  }
  FakeKernel kernel;
  KeptFence fence{std::make_unique<FakeCalls>(kernel)};
};

TEST_F(Kept, AnotherGroupIsAChange) {
  EXPECT_TRUE(fence.apply({group(51), group(52)}));
  EXPECT_TRUE(fence.apply({group(51), group(52)}));
  EXPECT_EQ(kernel.journal, Journal{"change, whoever comes before"});
}

TEST_F(Kept, AChangeThatIsRefusedIsFollowedByTheWholeTable) {
  kernel.refuses = true;
  EXPECT_FALSE(fence.apply({group(51), group(52)}));
  EXPECT_EQ(kernel.journal, Journal({"change, whoever comes before", "replace, going on"}));
}

// An answer that was lost was awaited for a second: two of them, and what else the turn does, and the loop
// would count as dead (node/agent/beat.h).
TEST_F(Kept, NoTransactionIsBegunBehindOneThatTookItsTime) {
  kernel.refuses = true;
  kernel.takes = kPatience;
  EXPECT_FALSE(fence.apply({group(51), group(52)}));
  EXPECT_EQ(kernel.journal, Journal{"change, whoever comes before"});

  kernel.refuses = false;
  EXPECT_EQ(*fence.repair(), false);
  EXPECT_EQ(kernel.journal, Journal({"change, whoever comes before", "replace, going on"}));
  EXPECT_EQ(kernel.table, filter::fence_table({group(51), group(52)}));
}

TEST_F(Kept, WhatOthersFlushedIsPutBack) {
  EXPECT_EQ(*fence.repair(), false);
  kernel.flush();
  EXPECT_EQ(*fence.repair(), true);
  EXPECT_EQ(kernel.journal, Journal{"replace, going on"});
}

// The times that it gave began when the kernel did it.
TEST_F(Kept, WhatWaitedForOthersIsPutBackOnceMoreIfTheVrrpThreadHangs) {
  kernel.flush();
  kernel.idle.clear();
  kernel.hangs = kernel.now;
  kernel.takes = Milliseconds(300);
  EXPECT_EQ(*fence.repair(), true);
  EXPECT_EQ(kernel.idle, (std::vector<Microseconds>{Milliseconds(0), Milliseconds(300)}));

  // That one waited, too: 283 ms of 833 - 250 were left, and now none are.
  EXPECT_EQ(*fence.repair(), false);
  EXPECT_EQ(kernel.idle.size(), 3U);
  EXPECT_EQ(kernel.idle.back(), Milliseconds(600));
  EXPECT_EQ(*fence.repair(), false);
  EXPECT_EQ(kernel.idle.size(), 3U);
}

TEST_F(Kept, WhatWaitedForOthersIsPutBackOnceIfTheVrrpThreadMoves) {
  kernel.flush();
  kernel.takes = Milliseconds(300);
  EXPECT_EQ(*fence.repair(), true);
  EXPECT_EQ(*fence.repair(), false);
  EXPECT_EQ(kernel.journal, Journal{"replace, going on"});
}

TEST_F(Kept, ACommitThatTakesNoLongerThanItMustIsMadeOnce) {
  kernel.flush();
  kernel.hangs = kernel.now;
  kernel.takes = Milliseconds(50);
  EXPECT_EQ(*fence.repair(), true);
  EXPECT_EQ(*fence.repair(), false);
  EXPECT_EQ(kernel.journal, Journal{"replace, going on"});
}

// Only a new address of a group that stays is left a time.
TEST_F(Kept, AChangeThatWaitedIsFollowedByTheWholeTableIfItLeftATime) {
  kernel.hangs = kernel.now;
  kernel.takes = Milliseconds(300);
  EXPECT_TRUE(fence.apply({group(51), group(52)}));
  EXPECT_EQ(kernel.journal, Journal{"change, whoever comes before"});

  auto more = group(51);
  more.addresses.insert(*net::parse_address("192.0.2.99"));
  kernel.hangs = kernel.now;
  kernel.idle.clear();
  EXPECT_TRUE(fence.apply({more, group(52)}));
  EXPECT_EQ(kernel.journal,
            Journal({"change, whoever comes before", "change", "replace, going on", "replace, going on"}));
  EXPECT_EQ(kernel.idle, (std::vector<Microseconds>{Milliseconds(0), Milliseconds(300), Milliseconds(600)}));
  EXPECT_EQ(kernel.table, filter::fence_table({more, group(52)}));
}

// Whatever becomes of the process while it waits: no times begin then that were reckoned before.
TEST_F(Kept, WhatOthersCommitBeforeHasTheTimesReckonedAnew) {
  kernel.flush();
  kernel.idle.clear();
  kernel.hangs = kernel.now;
  kernel.others = 1;
  kernel.others_take = Milliseconds(300);
  EXPECT_EQ(*fence.repair(), true);
  EXPECT_EQ(kernel.journal, Journal({"replace, going on: others came before", "replace, going on"}));
  EXPECT_EQ(kernel.idle, (std::vector<Microseconds>{Milliseconds(0), Milliseconds(300)}));
  EXPECT_EQ(*fence.repair(), false);
  EXPECT_EQ(kernel.idle.size(), 2U);
}

TEST_F(Kept, AChangeThatLeavesATimeIsMadeAnewAfterOthers) {
  auto more = group(51);
  more.addresses.insert(*net::parse_address("192.0.2.99"));
  kernel.others = 2;
  kernel.others_take = Milliseconds(100);
  EXPECT_TRUE(fence.apply({more}));
  EXPECT_EQ(kernel.journal, Journal({"change: others came before", "change: others came before", "change"}));
  EXPECT_EQ(kernel.table, filter::fence_table({more}));
}

// Without the table nobody is silenced.
TEST_F(Kept, OthersWhoCommitWithoutPauseAreWaitedForInTheEnd) {
  kernel.flush();
  kernel.idle.clear();
  kernel.hangs = kernel.now;
  kernel.others = 4;
  kernel.others_take = Milliseconds(190);
  EXPECT_EQ(*fence.repair(), true);
  EXPECT_EQ(kernel.journal,
            Journal({"replace, going on: others came before", "replace, going on: others came before",
                     "replace, going on: others came before", "replace, going on, whoever comes before"}));
  EXPECT_EQ(kernel.idle.back(), Milliseconds(570));
}

TEST_F(Kept, WhereTheGenerationCannotBeReadItWaits) {
  kernel.flush();
  kernel.others = 1;
  kernel.mute = true;
  auto more = group(51);
  more.addresses.insert(*net::parse_address("192.0.2.99"));
  EXPECT_TRUE(fence.apply({more}));
  EXPECT_EQ(kernel.journal, Journal{"change, whoever comes before"});
}

// It goes on silencing what it names.
TEST_F(Kept, ATableWhoseChangeIsRefusedStands) {
  kernel.refuses = true;
  EXPECT_FALSE(fence.apply({group(52)}));
  EXPECT_TRUE(fence.stands());
  EXPECT_FALSE(fence.repair());
  EXPECT_TRUE(fence.stands());
}

TEST_F(Kept, ATableThatIsGoneOrCannotBeReadDoesNotStand) {
  kernel.refuses = true;
  EXPECT_FALSE(fence.apply({group(52)}));
  kernel.mute = true;
  EXPECT_FALSE(fence.stands());
  kernel.mute = false;
  kernel.flush();
  EXPECT_FALSE(fence.stands());
}

// Its answer was lost: the kernel has what nobody was told.
TEST_F(Kept, ATableThatWasChangedAllTheSameDoesNotStand) {
  kernel.refuses = true;
  kernel.takes = Seconds(1);
  EXPECT_FALSE(fence.apply({group(51), group(52)}));
  kernel.refuses = false;
  static_cast<void>(kernel.commit("late", filter::fence_table({group(51), group(52)})));
  EXPECT_FALSE(fence.stands());
}

TEST(KeptAtFirst, NothingStandsBeforeTheFirstSuccess) {
  FakeKernel kernel;
  KeptFence fence{std::make_unique<FakeCalls>(kernel)};
  kernel.refuses = true;
  EXPECT_FALSE(fence.apply({group(51)}));
  EXPECT_EQ(kernel.journal, Journal{"replace"});
  EXPECT_FALSE(fence.stands());
}

// Groups have run without it since: an Active one must not be silent until its next advert.
TEST(KeptAtFirst, AfterARefusalGroupsGoOnAsTheyAre) {
  FakeKernel kernel;
  KeptFence fence{std::make_unique<FakeCalls>(kernel)};
  kernel.refuses = true;
  EXPECT_FALSE(fence.apply({group(51)}));
  kernel.refuses = false;
  EXPECT_TRUE(fence.apply({group(51), group(52)}));
  EXPECT_EQ(kernel.journal, Journal({"replace", "replace, going on"}));
}

TEST(Patience, ADumpThatWasInterruptedIsBegunAnewForAWhile) {
  const Error interrupted = fail(Code::kUnavailable, "netlink dump interrupted by another writer");
  EXPECT_TRUE(worth_asking_again(interrupted, Milliseconds(499)));
  EXPECT_FALSE(worth_asking_again(interrupted, Milliseconds(500)));
  EXPECT_FALSE(worth_asking_again(fail(Code::kDenied, "EPERM"), Microseconds(0)));
}

}  // namespace
}  // namespace fairlead::kernel
