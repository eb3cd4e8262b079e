#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "unit/node/vrrp/machine_walks.h"

// vrrp.md 10, Q1..Q10 as far as they concern one machine.
namespace fairlead::vrrp {
namespace {

using namespace testing;

// Q3: Backup and Initialize send nothing; an advert leaves only on the way into, in, or out of Active.
TEST(Property, OnlyActiveSends) {
  EXPECT_TRUE(rc::check([] {
    walk([](const RouterConfig&, const State& before, const Event&, TimePoint, const Step& s) {
      if (sends(s)) {
        RC_ASSERT(std::holds_alternative<Active>(before) || std::holds_alternative<Active>(s.next));
      }
    });
  }));
}

// Q4: the first effect on leaving Active is the release; every advert of a running Active follows a renewal.
TEST(Property, ReleaseComesFirstAndRenewalBeforeEachAdvert) {
  EXPECT_TRUE(rc::check([] {
    walk([](const RouterConfig&, const State& before, const Event&, TimePoint, const Step& s) {
      if (!std::holds_alternative<Active>(before)) return;
      if (!std::holds_alternative<Active>(s.next)) {
        RC_ASSERT(!s.effects.empty());
        RC_ASSERT(s.effects.front() == Effect(ReleaseAddresses{}));
      } else if (sends(s)) {
        RC_ASSERT(s.effects.front() == Effect(RenewAddresses{}));
        RC_ASSERT(std::holds_alternative<SendAdvert>(s.effects.at(1)));
      }
    });
  }));
}

// I-11 and rule 12 of vrrp.md 1: the advert timer of an Active router moves only with an advert that is
// sent, never further away than one interval; another configuration, and an advert that did not leave,
// can only bring it nearer.
TEST(Property, OnlyASentAdvertRearmsTheAdvertTimer) {
  EXPECT_TRUE(rc::check([] {
    walk([](const RouterConfig& config, const State& before, const Event& event, TimePoint now,
            const Step& s) {
      const auto* was = std::get_if<Active>(&before);
      const auto* is = std::get_if<Active>(&s.next);
      if (was == nullptr || is == nullptr) return;
      const bool nearer =
          std::holds_alternative<Reconfigured>(event) || std::holds_alternative<AdvertUnsent>(event);
      if (nearer) RC_ASSERT(is->next_advert <= was->next_advert);
      if (!nearer && !sends(s)) RC_ASSERT(is->next_advert == was->next_advert);
      RC_ASSERT(is->next_advert <=
                std::max(was->next_advert, now + Microseconds(config.advertisement_interval)));
    });
  }));
}

// Q7: no transition out of Backup while adverts of equal priority arrive in time; without preemption, of
// any priority above zero.
TEST(Property, ABackupStaysWhileAdvertsArriveInTime) {
  EXPECT_TRUE(rc::check([] {
    RouterConfig config = any_config();
    if (config.priority == kOwner) config.priority = Priority(254);
    config.preempt = false;
    State state = step(config, Initialize{}, Startup{}, t0).next;
    TimePoint now = t0;
    for (int i = 0; i < 50; ++i) {
      now += Microseconds(config.advertisement_interval);
      state = step(config, state, TimePassed{}, now).next;
      AdvertReceived heard = any_advert(config, 1);
      heard.max_advertise_interval = config.advertisement_interval;
      state = step(config, state, heard, now).next;
      RC_ASSERT(std::holds_alternative<Backup>(state));
    }
  }));
}

// FN-21: nor out of Backup while a stranger speaks in time, whatever he says and whoever we are.
TEST(Property, ABackupStaysWhileAStrangerSpeaks) {
  EXPECT_TRUE(rc::check([] {
    RouterConfig config = any_config();
    State state = step(config, Initialize{}, Startup{}, t0).next;
    RC_PRE(std::holds_alternative<Backup>(state));
    TimePoint now = t0;
    for (int i = 0; i < 50; ++i) {
      now += Microseconds(config.advertisement_interval);
      state = step(config, state, TimePassed{}, now).next;
      AdvertReceived heard = any_advert(config, 0);
      heard.max_advertise_interval = config.advertisement_interval;
      heard.stranger = true;
      state = step(config, state, heard, now).next;
      RC_ASSERT(std::holds_alternative<Backup>(state));
    }
  }));
}

// Q9: deterministic, total; a reason is given exactly when the state changes; the timer that fired is not
// due again at once.
TEST(Property, StepIsDeterministicAndExplainsEveryTransition) {
  EXPECT_TRUE(rc::check([] {
    walk([](const RouterConfig& config, const State& before, const Event& event, TimePoint now,
            const Step& s) {
      RC_ASSERT(step(config, before, event, now) == s);
      RC_ASSERT(s.reason.has_value() == (before.index() != s.next.index()));
      if (std::holds_alternative<TimePassed>(event)) {
        const auto deadline = next_deadline(s.next);
        RC_ASSERT(!deadline || *deadline > now);
      }
    });
  }));
}

// Q6 in small: two machines that hear each other settle on the higher priority within 2 ADI of
// the slower one, and nothing changes afterwards.
TEST(Property, TwoRoutersThatHearEachOtherSettleOnTheBetterOne) {
  EXPECT_TRUE(rc::check([] {
    RouterConfig a = any_config();
    a.preempt = true;
    a.preempt_delay = Microseconds(0);
    RouterConfig b = a;
    a.priority = Priority(static_cast<std::uint8_t>(*rc::gen::inRange(1, 255)));
    b.priority = Priority(static_cast<std::uint8_t>(*rc::gen::inRange(1, 255)));
    RC_PRE(a.priority != b.priority);  // with equal ones the first Active stays (VR-080)
    b.primary.increment();             // never equal to a's
    struct Node {
      RouterConfig config;
      State state;
    };
    Node nodes[2] = {{a, Initialize{}}, {b, Initialize{}}};
    for (Node& node : nodes) node.state = step(node.config, node.state, Startup{}, t0).next;
    const bool a_is_better = a.priority > b.priority;
    const TimePoint settled = t0 + 2 * active_down_interval(a.version, Priority(1), a.advertisement_interval);
    TimePoint now = t0;
    for (int i = 0; i < 40; ++i) {
      now = std::min(*next_deadline(nodes[0].state), *next_deadline(nodes[1].state));
      for (int from : {0, 1}) {
        const Step s = step(nodes[from].config, nodes[from].state, TimePassed{}, now);
        nodes[from].state = s.next;
        std::vector<std::pair<int, Step>> wire{{from, s}};
        while (!wire.empty()) {  // deliver what was sent, and what that provokes
          const auto [sender, sent] = wire.back();
          wire.pop_back();
          if (!sends(sent)) continue;
          const int to = 1 - sender;
          const AdvertReceived heard{nodes[sender].config.priority,
                                     nodes[sender].config.advertisement_interval,
                                     nodes[sender].config.primary};
          const Step answer = step(nodes[to].config, nodes[to].state, heard, now);
          nodes[to].state = answer.next;
          wire.push_back({to, answer});
        }
      }
      if (now >= settled) {
        RC_ASSERT(std::holds_alternative<Active>(nodes[a_is_better ? 0 : 1].state));
        RC_ASSERT(std::holds_alternative<Backup>(nodes[a_is_better ? 1 : 0].state));
      }
    }
  }));
}

}  // namespace
}  // namespace fairlead::vrrp
