#pragma once

#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <mutex>
#include <string_view>

#include "lib/base/time.h"

namespace fairlead::sys {

// Where the log's lines go: descriptor 2, without a buffer. A write waits as long as the reader of a pipe or
// a terminal takes nothing, until hurry() has set an end to that. What cannot be written is lost: there is
// nobody to tell.
class StandardError final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  // From any thread: from now on writes wait until `deadline` at most, all of them together.
  void hurry(TimePoint deadline) { deadline_ = deadline.time_since_epoch().count(); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  void write(std::string_view text);
  bool wait_for_room() const;

  std::atomic<TimePoint::rep> deadline_ = TimePoint::max().time_since_epoch().count();
};

}  // namespace fairlead::sys
