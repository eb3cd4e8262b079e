#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/sys/unique_fd.h"
#include "node/kernel/genl_batch.h"

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
};

// A blocking netlink socket of one protocol in the thread's network namespace: big buffers, a receive
// time-out of 1 s, short error messages. The kernel works a request off within the call that sends it,
// however long that takes: what is not there then was lost (an acknowledgement can be, libraries.md 2). One
// thread, one request at a time.
class GenlSocket {
 public:
  // Errors: kNotFound (no such protocol in this kernel), kDenied, kUnavailable.
  static Result<GenlSocket> open(int protocol);

  std::uint32_t next_sequence() { return ++sequence_; }
  // Sends the batch with an acknowledgement asked for on its last message, and waits for that.
  // Errors: kUnavailable, kDenied from sending.
  Result<BatchOutcome> send(GenlBatch& batch);
  // Sends a batch whose message `barrier` asks for an acknowledgement and waits for that, or for a failure of
  // the first message, which ends it all. Sequence numbers up to `barrier` + 1 are used up. Errors as send().
  Result<BatchOutcome> transact(const GenlBatch& batch, std::uint32_t first, std::uint32_t barrier);
  // Sends one message (built with next_sequence()) and gives each reply to `on_reply`, up to the end of
  // the dump, or the first reply if it is no dump. Errors: kNotFound (ENOENT, ESRCH), kDenied,
  // kUnavailable (time-out, dump interrupted: ask again), kInvalid.
  Result<> ask(const GenlBatch& batch, std::uint32_t sequence, bool dump,
               const std::function<void(const Reply&)>& on_reply);

 private:
  explicit GenlSocket(sys::UniqueFd fd);
  // Until `barrier` is answered, or `fatal`.
  Result<BatchOutcome> exchange(const GenlBatch& batch, std::uint32_t fatal, std::uint32_t barrier);
  // The bytes of one datagram from the kernel.
  Result<std::span<const std::uint8_t>> receive();
  Result<> transmit(std::span<const std::uint8_t> bytes);
  void drop_what_waits();

  sys::UniqueFd fd_;
  std::uint32_t sequence_ = 0;
  std::vector<std::uint8_t> buffer_;
};

// errno as Error: "what: ESRCH (No such process)".
Error errno_error(const std::string& what, int error);

}  // namespace fairlead::kernel
