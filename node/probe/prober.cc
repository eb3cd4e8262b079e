#include "node/probe/prober.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <string>
#include <utility>

#include "lib/sys/errno_name.h"

namespace fairlead::probe {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

asio::ip::address address_of(const net::IpAddress& address) {
  const auto bytes = address.bytes();
  if (address.is_v4()) {
    asio::ip::address_v4::bytes_type four{};
    std::copy(bytes.begin(), bytes.end(), four.begin());
    return asio::ip::address_v4(four);
  }
  asio::ip::address_v6::bytes_type sixteen{};
  std::copy(bytes.begin(), bytes.end(), sixteen.begin());
  return asio::ip::address_v6(sixteen);
}

// One attempt. Its handlers keep it alive; `done_` is empty once it has ended.
class Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(asio::io_context& context, std::function<void(const health::Outcome&)> done)
      : context_(context), socket_(context), timer_(context), done_(std::move(done)) {}

  void start(const health::CheckKey& key) {
    if (const auto refused = open(key); refused) {
      asio::post(context_,
                 [self = shared_from_this(), error = refused.value()] { self->end(outcome_of(error)); });
      return;
    }
    timer_.expires_after(key.timeout);
    timer_.async_wait([self = shared_from_this(), timeout = key.timeout](const error_code& error) {
      if (!error) self->timed_out(timeout);
    });
    const tcp::endpoint target(address_of(key.target.address), key.target.port.value());
    socket_.async_connect(target, [self = shared_from_this(), target](const error_code& error) {
      if (error == asio::error::operation_aborted) return;
      self->end(error ? outcome_of(error.value()) : self->connected(target));
    });
  }

  void give_up() {
    done_ = nullptr;
    close();
  }

 private:
  error_code open(const health::CheckKey& key) {
    error_code error;
    socket_.open(key.target.address.is_v4() ? tcp::v4() : tcp::v6(), error);
    if (error || !key.source) return error;
    // Then connect() chooses the port, and one port may serve for many targets.
    const int on = 1;
    setsockopt(socket_.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    socket_.bind(tcp::endpoint(address_of(*key.source), 0), error);
    return error;
  }

  // To an address of this host from the very port that is asked for, a socket connects to itself where nobody
  // listens (RFC 9293, 3.5: simultaneous open).
  health::Outcome connected(const tcp::endpoint& target) const {
    error_code error;
    if (socket_.local_endpoint(error) != target || error) return health::Passed{};
    return outcome_of(ECONNREFUSED);
  }

  // This thread may have slept past the moment: an answer that the kernel has by now is on its way to us.
  void timed_out(Seconds timeout) {
    if (!done_) return;
    pollfd state{socket_.native_handle(), POLLOUT, 0};
    if (::poll(&state, 1, 0) > 0) return;
    end(health::Failed{health::FailureReason::kTimedOut,
                       "no answer within " + std::to_string(timeout.count()) + " s"});
  }

  void end(const health::Outcome& outcome) {
    if (!done_) return;
    const auto done = std::exchange(done_, nullptr);
    close();
    done(outcome);
  }

  void close() {
    timer_.cancel();
    error_code ignored;
    socket_.close(ignored);
  }

  asio::io_context& context_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  std::function<void(const health::Outcome&)> done_;
};

class TcpProbe : public Probe {
 public:
  explicit TcpProbe(std::shared_ptr<Attempt> attempt) : attempt_(std::move(attempt)) {}
  ~TcpProbe() override { attempt_->give_up(); }
  TcpProbe(const TcpProbe&) = delete;
  TcpProbe& operator=(const TcpProbe&) = delete;

 private:
  std::shared_ptr<Attempt> attempt_;
};

class TcpProber : public Prober {
 public:
  explicit TcpProber(sys::Loop& loop) : loop_(loop) {}
  std::unique_ptr<Probe> start(const health::CheckKey& key,
                               std::function<void(const health::Outcome&)> done) override {
    auto attempt = std::make_shared<Attempt>(loop_.context(), std::move(done));
    attempt->start(key);
    return std::make_unique<TcpProbe>(std::move(attempt));
  }

 private:
  sys::Loop& loop_;
};

}  // namespace

std::unique_ptr<Prober> open_prober(sys::Loop& loop) { return std::make_unique<TcpProber>(loop); }

health::Outcome outcome_of(int error) {
  const std::string name = sys::errno_name(error);
  switch (error) {
    // It came about, and was ended before we looked: a reset that answers the SYN is ECONNREFUSED.
    case ECONNRESET:
    case EPIPE:
      return health::Passed{};
    case ECONNREFUSED:
      return health::Failed{health::FailureReason::kRefused, "connection refused"};
    case ETIMEDOUT:
      return health::Failed{health::FailureReason::kTimedOut, "no answer (" + name + ")"};
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
      return health::Failed{health::FailureReason::kUnreachable, "unreachable (" + name + ")"};
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return health::NotTried{"this host has no room for a socket (" + name + ")"};
    case EAFNOSUPPORT:
      return health::NotTried{"this host has no sockets of this family (" + name + ")"};
    case EADDRNOTAVAIL:
    case EADDRINUSE:
    case EAGAIN:
      return health::NotTried{"no source address or port to connect from (" + name + ")"};
    default:
      return health::Failed{health::FailureReason::kOther, name};
  }
}

}  // namespace fairlead::probe
