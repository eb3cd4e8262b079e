#pragma once

#include <linux/netlink.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/bytes.h"

struct nl_sock;

namespace fairlead::kernel {

// One NETLINK_ROUTE socket (libnl). Move-only; closed with this object. Not thread-safe.
class RouteSocket {
 public:
  using OnMessage = std::function<void(const nlmsghdr&)>;

  // Opens and joins the multicast groups (RTNLGRP_*). Receive buffer 4 MB where the kernel lets us.
  // Errors: kUnavailable.
  static Result<RouteSocket> open(const std::vector<int>& groups);
  ~RouteSocket();
  RouteSocket(RouteSocket&&) noexcept;
  RouteSocket& operator=(RouteSocket&&) noexcept;

  int fd() const;

  // Sends requests that stand one behind the other in `batch` (aligned, each with a sequence number of its
  // own, the last one asking for an acknowledgement) and reads until that acknowledgement. Everything else
  // that comes back (echoes, answers, errors of single requests; perhaps of an earlier batch, too) goes to
  // `on_message`; the kernel carries out requests after a failed one, too. Errors: kUnavailable if no answer
  // came within 1 s or answers were lost.
  Result<> transact(std::span<const std::uint8_t> batch, std::uint32_t last, const OnMessage& on_message);

  // Asks for all objects of RTM_GET* `type`; an interrupted dump is asked for again, up to ten times, each
  // time after `on_restart`. Errors: kUnavailable, kDenied.
  Result<> dump(int type, int family, const std::function<void()>& on_restart, const OnMessage& on_message);

  enum class Drained { kAll, kOverrun };  // kOverrun: the kernel dropped events (ENOBUFS)
  // Reads what waits, without blocking.
  Drained drain(const OnMessage& on_message);

  // The next sequence number.
  std::uint32_t sequence() { return ++sequence_; }

 private:
  struct Close {
    void operator()(nl_sock* socket) const;
  };
  explicit RouteSocket(std::unique_ptr<nl_sock, Close> socket);
  bool answers(const nlmsghdr& message, std::uint32_t sequence) const;
  ssize_t receive(int flags);
  void forget_late_answers();
  Result<> transact_once(std::span<const std::uint8_t> batch, std::uint32_t last,
                         const OnMessage& on_message);
  Result<bool> dump_once(int type, int family, const OnMessage& on_message);

  std::unique_ptr<nl_sock, Close> socket_;
  std::vector<std::uint8_t> buffer_;
  std::uint32_t sequence_ = 0;
  bool late_answers_ = false;  // a request failed: what it was answered may still come
};

// "EPERM" and the like, as an Error of the fitting code: what was tried, on what, and why not.
Error netlink_error(int error, const std::string& what);

}  // namespace fairlead::kernel
