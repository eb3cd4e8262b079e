#include "tests/support/vrrp_runner/fence_thread.h"

#include <future>
#include <utility>

namespace fairlead {
namespace {

constexpr Milliseconds kCheckEvery{250};
constexpr Seconds kFinishAtMost{2};

}  // namespace

FenceThread::FenceThread(sys::Loop& vrrp_loop, sys::Metrics& metrics, const agent::LastTurn& last_turn,
                         OnAnswer on_answer)
    : metrics_(metrics),
      filter_(kernel::open_fence_filter([&last_turn] { return last_turn.ago(sys::now()); })),
      fence_(*filter_, metrics_),
      wishes_(loop_,
              [this](auto newest) {
                if (fence_.hold(newest.at(0))) answer();
              }),
      answers_(vrrp_loop,
               [on_answer = std::move(on_answer)](auto newest) { on_answer(std::move(newest.at(0))); }),
      timer_(loop_) {
  timer_.arm(sys::now() + kCheckEvery, [this] { check(); });
  thread_ = std::thread([this] { loop_.run(); });
}

FenceThread::~FenceThread() {
  loop_.stop();
  thread_.join();
}

bool FenceThread::finish() {
  const auto tried = std::make_shared<std::promise<void>>();
  loop_.post([tried] { tried->set_value(); });
  return tried->get_future().wait_for(kFinishAtMost) == std::future_status::ready;
}

void FenceThread::check() {
  timer_.arm(sys::now() + kCheckEvery, [this] { check(); });
  if (fence_.check(sys::now())) answer();
}

}  // namespace fairlead
