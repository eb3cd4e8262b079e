#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/bytes.h"
#include "lib/sys/unique_fd.h"

// Netlink as Fairlead needs it: many requests in one send, one answer each, and whole dumps. libnl sends
// and awaits requests one by one, which is 30 times slower for tables (libraries.md 2).
namespace fairlead::kernel {

// Several netlink requests, one after the other. Attributes belong to the request begun last.
class NetlinkBatch {
 public:
  // Starts a request; `flags` without NLM_F_REQUEST. `header` is the family's own fixed header.
  void begin(std::uint16_t type, std::uint16_t flags, std::span<const std::uint8_t> header);
  void put(std::uint16_t attribute, std::span<const std::uint8_t> value);
  void put_u8(std::uint16_t attribute, std::uint8_t value);
  void put_u16(std::uint16_t attribute, std::uint16_t value);
  void put_u32(std::uint16_t attribute, std::uint32_t value);
  void put_text(std::uint16_t attribute, std::string_view value);  // with its terminating zero
  // Attributes put until close() lie inside this one.
  std::size_t open(std::uint16_t attribute);
  void close(std::size_t at);

  std::size_t count() const { return starts_.size(); }

 private:
  friend class NetlinkSocket;
  nlmsghdr* header(std::size_t index);
  void grow(std::size_t bytes);
  net::Bytes bytes_;
  std::vector<std::size_t> starts_;
};

// One attribute of a received message.
struct NetlinkAttribute {
  std::uint16_t type = 0;
  std::span<const std::uint8_t> value;
};
// The attributes in `bytes`, as far as their lengths hold.
std::vector<NetlinkAttribute> attributes(std::span<const std::uint8_t> bytes);
// The value as a number in host order, 0 if it is too short.
std::uint32_t u32_of(const NetlinkAttribute& attribute);

// A message after its nlmsghdr.
struct NetlinkMessage {
  std::uint16_t type = 0;
  std::span<const std::uint8_t> payload;
};

// One netlink socket. One thread; move-only.
class NetlinkSocket {
 public:
  // `groups` is a bit mask of multicast groups, 0 for none. Errors: kDenied, kUnavailable.
  static Result<NetlinkSocket> open(int protocol, std::uint32_t groups);

  int fd() const { return fd_.get(); }

  // Sends all requests in one system call and awaits the answer to the last one, which is the barrier: the
  // kernel carries them out in order and goes on after failures. One errno for each request, 0 if done.
  // Errors: kUnavailable (no answer within 1 s, or answers lost).
  Result<std::vector<int>> transact(NetlinkBatch batch);

  // One dump request; calls `each` for every message of the answer. A dump disturbed by a writer is
  // repeated, at most 30 times, each time after `restart`. Errors: kUnavailable, or the kernel's.
  Result<> dump(NetlinkBatch request, const std::function<void()>& restart,
                const std::function<void(const NetlinkMessage&)>& each);

  // Takes waiting events without blocking. False if the kernel says that some were lost (ENOBUFS).
  bool events(const std::function<void(const NetlinkMessage&)>& each);

 private:
  explicit NetlinkSocket(sys::UniqueFd fd) : fd_(std::move(fd)) {}
  Result<> send(NetlinkBatch& batch);
  Result<std::size_t> receive();
  Result<bool> dump_once(NetlinkBatch& request, const std::function<void(const NetlinkMessage&)>& each);

  sys::UniqueFd fd_;
  std::uint32_t sequence_ = 0;
  net::Bytes buffer_ = net::Bytes(std::size_t{1} << 18);
};

// The Error for an errno of the kernel's answer: EPERM and EACCES kDenied, ENOENT, ESRCH and ENODEV
// kNotFound, EEXIST kConflict, EINVAL, ERANGE and EOPNOTSUPP kInvalid, all else kUnavailable.
Error netlink_error(std::string_view what, int number);

}  // namespace fairlead::kernel
