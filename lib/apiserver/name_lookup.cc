#include "lib/apiserver/name_lookup.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace fairlead::apiserver {
namespace {

using Addresses = std::vector<net::IpAddress>;

std::optional<net::IpAddress> address_of(const sockaddr& socket_address) {
  if (socket_address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &socket_address, sizeof v4);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return net::IpAddress::v4(bytes);
  }
  if (socket_address.sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &socket_address, sizeof v6);
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return net::IpAddress::v6(bytes);
}

Result<Addresses> resolve(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int problem = getaddrinfo(name.c_str(), nullptr, &hints, &found);
  const auto fault = [&](const std::string& why) {
    return fail(Code::kUnavailable, "cannot resolve " + name + ": " + why);
  };
  if (problem != 0) return fault(problem == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(problem));
  Addresses out;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const auto address = address_of(*each->ai_addr);
    if (address && std::find(out.begin(), out.end(), *address) == out.end()) out.push_back(*address);
  }
  freeaddrinfo(found);
  if (out.empty()) return fault("it has no IPv4 or IPv6 address");
  return out;
}

}  // namespace

// What the thread of a question and its owner share.
struct NameLookup::Shared {
  explicit Shared(sys::Loop& given) : loop(&given) {}

  std::mutex mutex;
  sys::Loop* loop;  // nullptr: the owner is gone
  OnDone on_done;   // on the loop alone

  // From any thread.
  static void answer(const std::shared_ptr<Shared>& shared, Result<Addresses> result) {
    const std::scoped_lock lock(shared->mutex);
    if (shared->loop == nullptr) return;
    shared->loop->post([shared, result = std::move(result)] {
      if (const auto on_done = shared->on_done) on_done(result);
    });
  }
};

NameLookup::NameLookup(sys::Loop& loop, std::string name, OnDone on_done)
    : shared_(std::make_shared<Shared>(loop)), name_(std::move(name)) {
  shared_->on_done = [this, next = std::move(on_done)](Result<Addresses> result) {
    asking_ = false;
    next(std::move(result));  // last: it may destroy us
  };
}

NameLookup::~NameLookup() {
  shared_->on_done = nullptr;
  const std::scoped_lock lock(shared_->mutex);
  shared_->loop = nullptr;
}

void NameLookup::ask() {
  if (std::exchange(asking_, true)) return;
  try {
    std::thread([shared = shared_, name = name_] {
      pthread_setname_np(pthread_self(), "resolver");
      Shared::answer(shared, resolve(name));
    }).detach();
  } catch (const std::system_error& error) {
    Shared::answer(shared_,
                   fail(Code::kUnavailable, "cannot resolve " + name_ + ": no thread: " + error.what()));
  }
}

}  // namespace fairlead::apiserver
