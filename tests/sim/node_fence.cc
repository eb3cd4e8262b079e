// The finer fence of a node: what the forwarding thread does about it, and what the kernel does with it.

#include <optional>
#include <utility>

#include "sim/node.h"

namespace fairlead::sim {
namespace {

constexpr Microseconds kLongestTransaction = Milliseconds(30);
constexpr Milliseconds kLookAgain{50};

}  // namespace

void Node::wish_for(const std::vector<filter::FencedGroup>& groups) {
  if (!world_.scenario.finer_fence || process_->fence_wished == groups) return;
  process_->fence_wished = groups;
  if (!process_->stopping) fence_soon();
}

void Node::fence_soon() {
  world_.time.post(fence_random_.span(Microseconds(0), kLongestTransaction), [this, run = run_] {
    if (process_ == nullptr || run != run_) return;
    if (halted())
      return world_.time.post(kLookAgain, [this, run] {
        if (run == run_) fence_soon();
      });
    carry_out_fence();
    mailbox_.push_back([this] { give_ready(); });
    serve();
  });
}

void Node::carry_out_fence() {
  if (!process_->fence_wished) return;
  const auto& wish = *process_->fence_wished;
  const bool begun = std::exchange(process_->fence_begun, true);
  const Microseconds idle = process_->last_turn.ago(monotonic());
  fence_.apply(wish, begun ? std::optional(idle) : std::nullopt, monotonic());
  process_->fence = {wish, wish, ""};
  for (int group = 0; group < static_cast<int>(known_.size()); ++group) {
    world_.checker.fenced(number_, group, fence_.covers(fence_key(group)));
  }
  if (world_.trace.on()) note("the fence holds " + std::to_string(wish.size()) + " groups");
  if (fence_.take_news()) tell_answers();
}

filter::FenceKey Node::fence_key(int group) const {
  const auto family = world_.scenario.groups[static_cast<std::size_t>(group)].family;
  return {kInterface, family,
          vrrp::VirtualRouterId(static_cast<std::uint8_t>(kFirstVirtualRouterId + group))};
}

bool Node::lets_out(int group, vrrp::Priority priority, wire::Fence fence) {
  const TimePoint now = monotonic();
  fence_.run_out(now);
  const bool passes = fence_.pass(fence_key(group), priority, fence, now);
  if (fence_.take_news()) tell_answers();
  return passes;
}

void Node::tell_answers() {
  std::set<net::IpAddress> now;
  for (const auto& address : kernel_.held()) {
    if (fence_.lets_through(address)) now.insert(address);
  }
  if (now == answering_) return;
  const auto tell = [this](const net::IpAddress& address, bool yes) {
    if (world_.trace.on()) note(net::to_string(address) + (yes ? " answers" : " is silent"));
    world_.checker.answers(number_, name_of(address).group, name_of(address).number, yes);
  };
  const auto before = std::exchange(answering_, now);
  for (const auto& address : before) {
    if (!now.contains(address)) tell(address, false);
  }
  for (const auto& address : now) {
    if (!before.contains(address)) tell(address, true);
  }
}

}  // namespace fairlead::sim
