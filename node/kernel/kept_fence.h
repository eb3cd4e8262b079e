#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "node/kernel/fence_calls.h"
#include "node/kernel/fence_filter.h"

namespace fairlead::kernel {

// The FenceFilter over FenceCalls: which of them are made, and what is known of the table after them. One
// thread.
class KeptFence : public FenceFilter {
 public:
  explicit KeptFence(std::unique_ptr<FenceCalls> calls) : calls_(std::move(calls)) {}

  Result<> apply(const std::vector<filter::FencedGroup>& groups) override;
  Result<bool> repair() override;
  bool stands() override;

 private:
  Result<> replace(bool going_on);
  // Makes a call that leaves times, by a moment that no wait for others' commits has made untrue. Says in
  // too_long_ whether it waited all the same.
  Result<> leave_times(const std::function<Result<>(const FenceMoment&)>& call);
  void remember();
  Result<bool> shows_as_held();
  bool gave_too_long(Microseconds idle);
  bool is_whole(const TableTrace& trace) const;

  std::unique_ptr<FenceCalls> calls_;
  std::optional<filter::FenceTable> wanted_;  // nullopt: apply() was not called yet
  std::optional<filter::FenceTable> held_;    // nullopt: never committed
  bool too_long_ = false;                     // gave_too_long() of what is held
  Generation generation_{0};
  std::optional<TableTrace> trace_;
};

}  // namespace fairlead::kernel
