#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "lib/base/result.h"
#include "node/kernel/genl_batch.h"
#include "node/kernel/kernel_error.h"
#include "node/kernel/netlink_answers.h"
#include "node/kernel/netlink_channel.h"

namespace fairlead::kernel {

// Requests and batches over a netlink socket, one at a time, each waited for. The kernel works a request off
// within the call that sends it, however long that takes: what is not there then was lost (an acknowledgement
// can be, libraries.md 2). One thread.
class GenlSocket {
 public:
  explicit GenlSocket(std::unique_ptr<NetlinkChannel> channel) : channel_(std::move(channel)) {}
  // Errors: as open_netlink().
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
  // Until `barrier` is answered, or `fatal`.
  Result<BatchOutcome> exchange(const GenlBatch& batch, std::uint32_t fatal, std::uint32_t barrier);
  // The bytes of one datagram from the kernel.
  Result<std::span<const std::uint8_t>> receive();
  Result<> transmit(std::span<const std::uint8_t> bytes);

  std::unique_ptr<NetlinkChannel> channel_;
  std::uint32_t sequence_ = 0;
};

}  // namespace fairlead::kernel
