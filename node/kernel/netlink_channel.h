#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "lib/base/result.h"

namespace fairlead::kernel {

// One datagram as it came; `bytes` are valid until the next call.
struct Datagram {
  std::uint32_t port = 0;  // of its sender; 0: the kernel
  std::span<const std::uint8_t> bytes;
};

// A netlink socket as GenlSocket needs it: datagrams there and back. One thread.
class NetlinkChannel {
 public:
  virtual ~NetlinkChannel() = default;

  // To the kernel, which works it off within the call. Errors: as errno_error().
  virtual Result<> send(std::span<const std::uint8_t> bytes) = 0;
  // The next one; waits 1 s for it. Errors: kUnavailable (none came; the kernel dropped some, ENOBUFS; one
  // was longer than what is read at once).
  virtual Result<Datagram> receive() = 0;
  // Forgets all that has come: late answers to a request that timed out must not be taken for answers to the
  // next. Does not wait.
  virtual void drop_what_waits() = 0;
};

// A socket of one protocol (NETLINK_*) in the thread's network namespace: big buffers, short error messages.
// Errors: kNotFound (no such protocol in this kernel), kDenied, kUnavailable.
Result<std::unique_ptr<NetlinkChannel>> open_netlink(int protocol);
// What opens one: open_netlink, or what stands in for the kernel in a test.
using OpenNetlink = std::function<Result<std::unique_ptr<NetlinkChannel>>(int protocol)>;

}  // namespace fairlead::kernel
