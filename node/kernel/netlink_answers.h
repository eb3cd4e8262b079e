#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>

#include "lib/base/result.h"

// What the kernel answers to requests, datagram by datagram. A datagram is messages, each padded to 4 bytes:
//
//     nlmsghdr { length u32, type u16, flags u16, sequence u32, port u32 } | body
//
// Pure: bytes in, verdicts out.
namespace fairlead::kernel {

// One received message that is neither an acknowledgement nor the end of a dump.
struct Reply {
  std::uint16_t type = 0;
  std::span<const std::uint8_t> payload;  // from the family header on; valid during the call
};

// How a batch ended: the errno of each message that failed, by sequence number. Messages that are not in
// `failed` succeeded if `complete`; else nobody knows (the acknowledgement was lost or late).
struct BatchOutcome {
  std::map<std::uint32_t, int> failed;
  bool complete = false;
  friend bool operator==(const BatchOutcome&, const BatchOutcome&) = default;
};

// The answers to one request: replies up to the end of the dump, or the first reply if it is no dump.
class RequestAnswers {
 public:
  RequestAnswers(std::uint32_t sequence, bool dump) : sequence_(sequence), dump_(dump) {}

  // Gives each reply in the datagram to `on_reply`; messages of another sequence are passed over. nullopt:
  // more is to come. Errors: kNotFound (ENOENT, ESRCH), kDenied, kConflict, kInvalid as the kernel says;
  // kUnavailable (dump interrupted by another writer, datagram cut short, answers lost: ask again).
  std::optional<Result<>> take(std::span<const std::uint8_t> datagram,
                               const std::function<void(const Reply&)>& on_reply);

 private:
  std::uint32_t sequence_;
  bool dump_;
  bool interrupted_ = false;
};

// The answers to a batch of which message `barrier` asks for an acknowledgement. A failure of message `fatal`
// ends it all; where several may fail, the first one too, `fatal` is the barrier.
class BatchAnswers {
 public:
  BatchAnswers(std::uint32_t fatal, std::uint32_t barrier) : fatal_(fatal), barrier_(barrier) {}

  // False: no more is to come; complete, or a datagram was cut short and nobody knows what else was in it.
  bool take(std::span<const std::uint8_t> datagram);
  const BatchOutcome& outcome() const { return outcome_; }

 private:
  std::uint32_t fatal_;
  std::uint32_t barrier_;
  BatchOutcome outcome_;
};

}  // namespace fairlead::kernel
