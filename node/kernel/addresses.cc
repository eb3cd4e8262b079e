#include "node/kernel/addresses.h"

#include <linux/rtnetlink.h>

#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "lib/net/bytes.h"
#include "node/kernel/route_messages.h"
#include "node/kernel/route_socket.h"

namespace fairlead::kernel {
namespace {

std::string on_interface(const char* verb, const net::IpAddress& address, int interface) {
  return std::string(verb) + " " + to_string(address) + " on interface " + std::to_string(interface);
}

class RealAddresses : public Addresses {
 public:
  explicit RealAddresses(RouteSocket socket) : socket_(std::move(socket)) {}

  Holding hold(int interface, const std::vector<net::IpAddress>& addresses, Seconds lifetime) override {
    Holding out;
    if (addresses.empty()) return out;
    std::set<net::IpAddress> created;
    const auto failed = run(
        addresses,
        [&](net::Bytes& batch, std::uint32_t sequence, const net::IpAddress& address) {
          append_hold(batch, sequence, interface, address, lifetime);
        },
        &created);
    for (const net::IpAddress& address : addresses) {
      const std::string what = on_interface("hold", address, interface);
      if (!failed) {
        out.refused.emplace(address, fail(failed.error().code, what + ": " + failed.error().message));
        continue;
      }
      const auto error = failed->find(address);
      if (error != failed->end()) {
        out.refused.emplace(address, netlink_error(error->second, what));
        continue;
      }
      out.held.push_back(address);
      if (created.contains(address)) out.created.push_back(address);
    }
    return out;
  }

  Result<> release(int interface, const std::vector<net::IpAddress>& addresses) override {
    if (addresses.empty()) return Done{};
    const auto failed = run(
        addresses,
        [&](net::Bytes& batch, std::uint32_t sequence, const net::IpAddress& address) {
          append_release(batch, sequence, interface, address);
        },
        nullptr);
    if (!failed) return failed.error();
    for (const auto& [address, error] : *failed) {
      if (error == EADDRNOTAVAIL || error == ENODEV) continue;  // gone already
      return netlink_error(error, on_interface("release", address, interface));
    }
    return Done{};
  }

 private:
  // One request per address in one batch; errno by address of those that failed.
  template <class Append>
  Result<std::map<net::IpAddress, int>> run(const std::vector<net::IpAddress>& addresses,
                                            const Append& append, std::set<net::IpAddress>* created) {
    net::Bytes batch;
    std::map<std::uint32_t, net::IpAddress> by_sequence;
    std::uint32_t last = 0;
    std::size_t last_at = 0;
    for (const net::IpAddress& address : addresses) {
      last = socket_.sequence();
      last_at = batch.size();
      by_sequence.emplace(last, address);
      append(batch, last, address);
    }
    acknowledge(batch, last_at);
    std::map<net::IpAddress, int> failed;
    const auto done = socket_.transact(batch, last, [&](const nlmsghdr& message) {
      if (message.nlmsg_type == RTM_NEWADDR && created != nullptr) {
        const auto echo = read_address(message);
        if (echo && echo->created) created->insert(echo->address.prefix.address);
      }
      if (message.nlmsg_type != NLMSG_ERROR) return;
      const auto* error = static_cast<const nlmsgerr*>(NLMSG_DATA(&message));
      const auto address = by_sequence.find(message.nlmsg_seq);
      if (error->error != 0 && address != by_sequence.end()) failed[address->second] = -error->error;
    });
    if (!done) return done.error();
    return failed;
  }

  RouteSocket socket_;
};

}  // namespace

Result<std::unique_ptr<Addresses>> open_addresses() {
  auto socket = RouteSocket::open({});
  if (!socket) return socket.error();
  return std::unique_ptr<Addresses>(std::make_unique<RealAddresses>(std::move(*socket)));
}

}  // namespace fairlead::kernel
