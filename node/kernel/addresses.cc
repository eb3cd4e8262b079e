#include "node/kernel/addresses.h"

#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "lib/net/bytes.h"
#include "node/kernel/route_messages.h"
#include "node/kernel/route_socket.h"

namespace fairlead::kernel {
namespace {

using Addressed = std::span<const net::IpAddress>;

constexpr std::size_t kAddressesPerBatch = 256;  // with two messages each well below a socket's send buffer

std::string on_interface(const char* verb, const net::IpAddress& address, int interface) {
  return std::string(verb) + " " + to_string(address) + " on interface " + std::to_string(interface);
}

std::string name_of(int interface) {
  char name[IF_NAMESIZE] = {};
  return if_indextoname(static_cast<unsigned>(interface), name) == nullptr ? "" : name;
}

// Requests that go in one system call, and what came back for each.
class Batch {
 public:
  explicit Batch(RouteSocket& socket) : socket_(socket) {}

  // `append` puts one message at the end of the bytes; the sequence number it is known by from then on.
  template <class Append>
  std::uint32_t add(const Append& append) {
    last_ = socket_.sequence();
    last_at_ = bytes_.size();
    append(bytes_, last_);
    answers_.emplace_back();
    return last_;
  }
  // REQUIRES: something was added.
  Result<> run() {
    acknowledge(bytes_, last_at_);
    return socket_.transact(bytes_, last_, [this](const nlmsghdr& message) {
      Answer* answer = answer_to(message.nlmsg_seq);
      if (answer == nullptr) return;
      if (message.nlmsg_type == RTM_NEWADDR) {
        if (auto told = read_address(message)) answer->told = std::move(told);
      }
      if (message.nlmsg_type == NLMSG_ERROR) {
        answer->error = -static_cast<const nlmsgerr*>(NLMSG_DATA(&message))->error;
      }
    });
  }

  // errno; 0: carried out.
  int error(std::uint32_t sequence) { return answer_to(sequence)->error; }
  // The address as it is then, if the kernel said.
  const std::optional<AddressMessage>& told(std::uint32_t sequence) { return answer_to(sequence)->told; }

 private:
  struct Answer {
    int error = 0;
    std::optional<AddressMessage> told;
  };
  // Numbers of a batch follow one another. Null: of another one.
  Answer* answer_to(std::uint32_t sequence) {
    const std::uint32_t before_last = last_ - sequence;
    return before_last < answers_.size() ? &answers_[answers_.size() - 1 - before_last] : nullptr;
  }

  RouteSocket& socket_;
  net::Bytes bytes_;
  std::uint32_t last_ = 0;
  std::size_t last_at_ = 0;
  std::vector<Answer> answers_;
};

class RealAddresses : public Addresses {
 public:
  explicit RealAddresses(RouteSocket socket) : socket_(std::move(socket)) {}

  Holding hold(int interface, const std::vector<net::IpAddress>& addresses, Seconds lifetime) override {
    Holding out = hold_all(interface, addresses, lifetime);
    if (!keeps_tag_ && !out.held.empty()) learn_of_tag(interface, out.held.front());
    if (keeps_tag_ == false && !labels_) {
      // The first ones were put there without a mark, and a label is given at creation only.
      labels_ = true;
      (void)release(interface, out.created);
      const std::vector<net::IpAddress> created = std::move(out.created);
      out = hold_all(interface, addresses, lifetime);
      out.created = created;
      std::erase_if(out.created, [&](const auto& address) { return out.refused.contains(address); });
    }
    out.tag_kept = keeps_tag_.value_or(true);
    return out;
  }

  Result<> release(int interface, const std::vector<net::IpAddress>& addresses) override {
    Result<> out = Done{};
    for_each_part(addresses, [&](Addressed part) {
      const auto released = release_some(interface, part);
      if (out && !released) out = released;
    });
    return out;
  }

 private:
  template <class Work>
  static void for_each_part(Addressed addresses, const Work& work) {
    for (; !addresses.empty();
         addresses = addresses.subspan(std::min(kAddressesPerBatch, addresses.size()))) {
      work(addresses.first(std::min(kAddressesPerBatch, addresses.size())));
    }
  }

  Holding hold_all(int interface, Addressed addresses, Seconds lifetime) {
    Holding out;
    const std::string label = labels_ ? owner_label(name_of(interface)) : "";
    for_each_part(addresses, [&](Addressed part) { hold_some({interface, {}, lifetime, label}, part, out); });
    return out;
  }

  // IPv4 tells by an echo whether the address is new. IPv6 has no echo: it is asked before.
  void hold_some(Hold request, Addressed addresses, Holding& out) {
    struct Sequences {
      std::uint32_t lookup = 0;
      std::uint32_t hold = 0;
    };
    Batch batch(socket_);
    std::vector<Sequences> sequences;
    for (const net::IpAddress& address : addresses) {
      request.address = address;
      Sequences& mine = sequences.emplace_back();
      if (!address.is_v4()) mine.lookup = add_lookup(batch, request.interface, address);
      mine.hold = batch.add([&](auto& bytes, auto sequence) { append_hold(bytes, sequence, request); });
    }
    const auto done = batch.run();
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      const net::IpAddress& address = addresses[i];
      const Sequences& mine = sequences[i];
      const auto what = [&] { return on_interface("hold", address, request.interface); };
      const int error = batch.error(mine.hold);
      if (!done) {
        out.refused.emplace(address, fail(done.error().code, what() + ": " + done.error().message));
      } else if (error != 0) {
        out.refused.emplace(address, netlink_error(error, what()));
      } else {
        out.held.push_back(address);
        const std::optional<AddressMessage>& echo = batch.told(mine.hold);
        const bool created =
            address.is_v4() ? echo && echo->created : batch.error(mine.lookup) == EADDRNOTAVAIL;
        if (created) out.created.push_back(address);
        if (echo && !keeps_tag_) keeps_tag_ = echo->tagged;
      }
    }
  }

  // Kernels before 5.18 take our tag and forget it. Of IPv4 the echo has told already.
  void learn_of_tag(int interface, const net::IpAddress& address) {
    if (address.is_v4()) return;
    Batch batch(socket_);
    const std::uint32_t lookup = add_lookup(batch, interface, address);
    if (!batch.run()) return;
    if (const auto& told = batch.told(lookup)) keeps_tag_ = told->tagged;
  }

  static std::uint32_t add_lookup(Batch& batch, int interface, const net::IpAddress& address) {
    return batch.add([&](auto& bytes, auto sequence) { append_lookup(bytes, sequence, interface, address); });
  }

  Result<> release_some(int interface, Addressed addresses) {
    Batch batch(socket_);
    std::map<std::uint32_t, net::IpAddress> asked;
    for (const net::IpAddress& address : addresses) {
      asked.emplace(
          batch.add([&](auto& bytes, auto sequence) { append_release(bytes, sequence, interface, address); }),
          address);
    }
    if (const auto done = batch.run(); !done) return done;
    for (const auto& [sequence, address] : asked) {
      const int error = batch.error(sequence);
      // Gone, or gone already, with the interface or with IPv6 on it (ENXIO), which an MTU below 1280 ends.
      if (error == 0 || error == EADDRNOTAVAIL || error == ENODEV || error == ENXIO) continue;
      return netlink_error(error, on_interface("release", address, interface));
    }
    return Done{};
  }

  RouteSocket socket_;
  std::optional<bool> keeps_tag_;  // by an answer of the kernel
  bool labels_ = false;            // IPv4 addresses are marked by their label, for want of the tag
};

}  // namespace

Result<std::unique_ptr<Addresses>> open_addresses() {
  auto socket = RouteSocket::open({});
  if (!socket) return socket.error();
  return std::unique_ptr<Addresses>(std::make_unique<RealAddresses>(std::move(*socket)));
}

}  // namespace fairlead::kernel
