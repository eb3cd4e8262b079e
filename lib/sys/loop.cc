#include "lib/sys/loop.h"

#include <time.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cassert>
#include <utility>

namespace fairlead::sys {

namespace asio = boost::asio;

struct Loop::Work {
  asio::executor_work_guard<asio::io_context::executor_type> guard;
};

// The hint 1 promises that one thread at most calls run(); other threads may still post.
Loop::Loop()
    : context_(std::make_unique<asio::io_context>(1)),
      work_(std::make_unique<Work>(Work{asio::make_work_guard(*context_)})) {}

Loop::~Loop() = default;

void Loop::run() { context_->run(); }
void Loop::stop() { context_->stop(); }
void Loop::post(std::function<void()> task) { asio::post(*context_, std::move(task)); }
boost::asio::io_context& Loop::context() { return *context_; }

TimePoint now() { return std::chrono::floor<Microseconds>(std::chrono::steady_clock::now()); }

Microseconds boot_time() {
  timespec spec{};
  [[maybe_unused]] const int status = clock_gettime(CLOCK_BOOTTIME, &spec);
  assert(status == 0);
  return std::chrono::floor<Microseconds>(Seconds(spec.tv_sec) + std::chrono::nanoseconds(spec.tv_nsec));
}

WallTime wall_now() { return std::chrono::floor<Microseconds>(std::chrono::system_clock::now()); }

namespace {

// Asio counts in nanoseconds: a deadline "never" (TimePoint::max) must not overflow on the way there.
std::chrono::steady_clock::time_point to_steady(TimePoint deadline) {
  using Steady = std::chrono::steady_clock::time_point;
  if (deadline >= std::chrono::floor<Microseconds>(Steady::max())) return Steady::max();
  if (deadline <= std::chrono::ceil<Microseconds>(Steady::min())) return Steady::min();
  return Steady(deadline.time_since_epoch());
}

}  // namespace

// One arming of the timer owns its task. Asio may have queued a wait's completion already when cancel() or
// arm() comes, and cannot take it back; the completion then finds its arming gone and does nothing.
struct Timer::State {
  explicit State(asio::io_context& context) : timer(context) {}
  asio::steady_timer timer;
  std::shared_ptr<std::function<void()>> arming;
};

Timer::Timer(Loop& loop) : state_(std::make_shared<State>(loop.context())) {}
Timer::~Timer() = default;

void Timer::arm(TimePoint deadline, std::function<void()> task) {
  state_->arming = std::make_shared<std::function<void()>>(std::move(task));
  state_->timer.expires_at(to_steady(deadline));
  state_->timer.async_wait([arming = std::weak_ptr(state_->arming)](const boost::system::error_code&) {
    const auto current = arming.lock();
    if (current == nullptr) return;
    // Moved out: the task may destroy, cancel or re-arm its timer, and what it captured ends with its run.
    const auto due = std::exchange(*current, nullptr);
    due();
  });
}

void Timer::cancel() {
  state_->arming.reset();
  state_->timer.cancel();
}

struct ReadWatch::State : std::enable_shared_from_this<ReadWatch::State> {
  State(asio::io_context& context, std::function<void()> task)
      : descriptor(context), on_readable(std::move(task)) {}

  void wait() {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [weak = weak_from_this()](const boost::system::error_code& error) {
                            const auto self = weak.lock();
                            if (self == nullptr || error || !self->descriptor.is_open()) return;
                            self->on_readable();
                            if (self->descriptor.is_open()) self->wait();
                          });
  }

  asio::posix::stream_descriptor descriptor;
  std::function<void()> on_readable;
};

ReadWatch::ReadWatch(Loop& loop, int fd, std::function<void()> on_readable)
    : state_(std::make_shared<State>(loop.context(), std::move(on_readable))) {
  boost::system::error_code error;
  state_->descriptor.assign(fd, error);
  assert(!error && "not a descriptor, or watched already");
  state_->wait();
}

// release() gives the descriptor back instead of closing it, and marks the state closed for a wait() that
// is running on_readable right now.
ReadWatch::~ReadWatch() { state_->descriptor.release(); }

}  // namespace fairlead::sys
