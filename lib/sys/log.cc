#include "lib/sys/log.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>

#include <memory>
#include <mutex>

#include "lib/sys/log_format.h"
#include "lib/sys/loop.h"
#include "lib/sys/standard_error.h"

namespace fairlead::sys {
namespace {

constexpr std::size_t kQueuedEvents = 8192;
constexpr Seconds kLastWords(1);

// The lines, as spdlog hands them over.
class Output final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void hurry(TimePoint deadline) { output_.hurry(deadline); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    output_.write({line.data(), line.size()});
  }
  void flush_() override {}

 private:
  StandardError output_;
};

// The running logger. Threads that are logging while stop_log() is called keep it alive until they are
// through, so that there is no moment at which a log() could touch freed memory.
struct Logger {
  Logger(LogLevel lowest, LogFormat line_format) : level(lowest), format(line_format) {
    pool = std::make_shared<spdlog::details::thread_pool>(kQueuedEvents, 1);
    sink = std::make_shared<spdlog::async_logger>("fairlead", output, pool,
                                                  spdlog::async_overflow_policy::overrun_oldest);
    sink->set_pattern("%v");
    sink->set_level(spdlog::level::trace);
  }
  ~Logger() { output->hurry(now() + kLastWords); }
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  LogLevel level;
  LogFormat format;
  std::shared_ptr<Output> output = std::make_shared<Output>();
  std::shared_ptr<spdlog::async_logger> sink;
  // Destroyed first: writes what is queued and joins its thread.
  std::shared_ptr<spdlog::details::thread_pool> pool;
};

// The process's one log, as there is one standard error. The lock is held for a pointer copy only.
std::mutex running_mutex;
std::shared_ptr<Logger> running;

std::shared_ptr<Logger> current() {
  const std::scoped_lock lock(running_mutex);
  return running;
}

}  // namespace

void start_log(LogLevel level, LogFormat format) {
  auto started = std::make_shared<Logger>(level, format);
  const std::scoped_lock lock(running_mutex);
  running.swap(started);
}

void stop_log() {
  std::shared_ptr<Logger> stopped;
  {
    const std::scoped_lock lock(running_mutex);
    stopped.swap(running);
  }
}

void log(LogLevel level, std::string_view event, std::initializer_list<Field> fields) {
  const auto logger = current();
  if (logger == nullptr || level < logger->level) return;
  const LogLine line{wall_now(), level, event, {fields.begin(), fields.size()}};
  const auto text = logger->format == LogFormat::kJson ? format_json(line) : format_text(line);
  logger->sink->log(spdlog::level::info, spdlog::string_view_t(text));
}

std::uint64_t dropped_log_events() {
  const auto logger = current();
  return logger == nullptr ? 0 : logger->pool->overrun_counter();
}

}  // namespace fairlead::sys
