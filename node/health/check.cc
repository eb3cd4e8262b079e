#include "node/health/check.h"

#include <utility>

#include "lib/base/overloaded.h"

namespace fairlead::health {
namespace {

// FNV-1a, and a finalizer that lets neighbouring addresses fall far apart.
class Hash {
 public:
  void add(std::uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001b3ULL; }
  void add(const net::IpAddress& address) {
    for (const std::uint8_t byte : address.bytes()) add(byte);
  }
  void add(std::int64_t number) {
    for (int shift = 0; shift < 64; shift += 8) {
      add(static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> shift));
    }
  }
  std::uint64_t value() const {
    std::uint64_t mixed = value_;
    mixed = (mixed ^ (mixed >> 33)) * 0xff51afd7ed558ccdULL;
    mixed = (mixed ^ (mixed >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    return mixed ^ (mixed >> 33);
  }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

Microseconds phase_of(const CheckKey& key) {
  Hash hash;
  hash.add(key.target.address);
  hash.add(std::int64_t{key.target.port.value()});
  if (key.source) hash.add(*key.source);
  const auto interval = static_cast<std::uint64_t>(Microseconds(key.interval).count());
  return Microseconds(static_cast<std::int64_t>(hash.value() % interval));
}

Check failed(const CheckKey& key, Check check, const Failed& failure, TimePoint now) {
  check.error = failure.text;
  if (check.verdict == Verdict::kUp && check.failures < key.retries) {
    ++check.failures;
    check.due = now + key.retry_delay;
    return check;
  }
  check.verdict = Verdict::kDown;
  check.failures = 0;
  check.due = next_turn(key, now);
  return check;
}

}  // namespace

std::string to_string(const CheckKey& key) { return "tcp " + net::to_string(key.target); }

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kUnknown:
      return "Unknown";
    case Verdict::kUp:
      return "Up";
    case Verdict::kDown:
      return "Down";
  }
  return "unknown";
}

std::string_view to_string(FailureReason reason) {
  switch (reason) {
    case FailureReason::kTimedOut:
      return "timed_out";
    case FailureReason::kRefused:
      return "refused";
    case FailureReason::kUnreachable:
      return "unreachable";
    case FailureReason::kOther:
      return "other";
  }
  return "unknown";
}

Check begun(const CheckKey& key, Verdict inherited, TimePoint now) {
  Check check;
  check.verdict = inherited;
  check.due = inherited == Verdict::kUnknown ? now : next_turn(key, now);
  return check;
}

Check step(const CheckKey& key, Check check, const Event& event, TimePoint now) {
  const bool running = !check.due;
  if (running == std::holds_alternative<Started>(event)) return check;
  return std::visit(Overloaded{
                        [&](const Started&) {
                          check.due.reset();
                          return check;
                        },
                        [&](const Passed&) {
                          return Check{Verdict::kUp, 0, next_turn(key, now), ""};
                        },
                        [&](const Failed& failure) { return failed(key, std::move(check), failure, now); },
                        [&](const NotTried& trouble) {
                          check.error = trouble.text;
                          check.due = now + kTryAgain;
                          return check;
                        },
                    },
                    event);
}

TimePoint next_turn(const CheckKey& key, TimePoint now) {
  const Microseconds interval = key.interval;
  const Microseconds phase = phase_of(key);
  Microseconds into = (now.time_since_epoch() - phase) % interval;
  if (into < Microseconds(0)) into += interval;
  return now + (interval - into);
}

Seconds worst_detection(const CheckKey& key) {
  return key.interval + key.timeout + key.retries * (key.retry_delay + key.timeout);
}

}  // namespace fairlead::health
