// wire_driver: the node's doors to the wire and to the kernel's addresses alone, in this network namespace,
// driven line by line. For tests/netns/wire_test.py and addresses_test.py. Each command on standard input is
// answered by its output and one line "ok", or "error CODE MESSAGE":
//   listen INTERFACE FAMILY VRID,VRID    AdvertWire::listen; FAMILY is 4 or 6, INTERFACE a number
//   leave INTERFACE FAMILY
//   send INTERFACE SOURCE DESTINATION HEX
//   read LIMIT                           AdvertWire::receive, once: a line for each message
//     4 INTERFACE HEX                    IPv4, with its header
//     6 INTERFACE SOURCE DESTINATION HOPLIMIT HEX    HOPLIMIT is - if it was not told
//   auto 1                               reads by itself whenever a message waits; auto 0 ends that
//   wakes                                prints how often on_packet called, since the last time
//   frames INTERFACE HEX,HEX             Announcer::send
//   hold INTERFACE SECONDS ADDRESS...    Addresses::hold: lines "held A", "created A", "refused MESSAGE",
//                                        "tag forgotten"
//   release INTERFACE ADDRESS...
//   view INTERFACE                       Network::update and what it says: "link NAME up MAC routes_ipv6",
//                                        "primary A",
//                                        "address A ours lasting secondary deprecated tentative dad_failed"
//   quit
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "lib/sys/loop.h"
#include "node/address/audit.h"
#include "node/kernel/addresses.h"
#include "node/kernel/network.h"
#include "node/wire/advert_wire.h"
#include "node/wire/announcer.h"
#include "tests/support/hex.h"

using namespace fairlead;

namespace {

using Words = std::istringstream;

std::string hex_of(std::span<const std::uint8_t> bytes) {
  static const char* const kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

template <class T>
T next(Words& words) {
  T out{};
  words >> out;
  return out;
}
net::IpAddress address_of(const std::string& text) {
  const auto out = net::parse_address(text);
  return out ? *out : net::IpAddress();
}
std::vector<net::IpAddress> addresses(Words& words) {
  std::vector<net::IpAddress> out;
  for (std::string word; words >> word;) out.push_back(address_of(word));
  return out;
}
std::vector<std::string> parts(const std::string& list) {
  std::vector<std::string> out;
  std::istringstream stream(list);
  for (std::string part; std::getline(stream, part, ',');) out.push_back(part);
  return out;
}
wire::Ear ear_of(Words& words) {
  const int interface = next<int>(words);
  return {interface, next<int>(words) == 6 ? net::Family::kIPv6 : net::Family::kIPv4};
}

class Driver {
 public:
  explicit Driver(sys::Loop& loop) : loop_(loop) {}

  // Opens what the first command of a kind asks for.
  wire::AdvertWire* adverts() {
    if (adverts_ == nullptr) {
      auto opened = wire::open_advert_wire(loop_);
      if (!opened) return fail(opened.error()), nullptr;
      adverts_ = std::move(*opened);
      adverts_->on_packet([this] {
        ++wakes_;
        if (by_itself_) print(adverts_->receive(1024));
      });
    }
    return adverts_.get();
  }

  void run(const std::string& line) {
    Words words(line);
    const auto verb = next<std::string>(words);
    const std::map<std::string, void (Driver::*)(Words&)> verbs = {
        {"listen", &Driver::listen}, {"leave", &Driver::leave},    {"send", &Driver::send},
        {"read", &Driver::read},     {"auto", &Driver::automatic}, {"wakes", &Driver::wakes},
        {"frames", &Driver::frames}, {"hold", &Driver::hold},      {"release", &Driver::release},
        {"view", &Driver::view},     {"quit", &Driver::quit},
    };
    const auto found = verbs.find(verb);
    failed_ = false;
    if (found == verbs.end()) {
      fail({Code::kInvalid, "no such command: " + verb});
    } else {
      (this->*found->second)(words);
    }
    if (!failed_) std::printf("ok\n");
    std::fflush(stdout);
  }

 private:
  void fail(const Error& error) {
    failed_ = true;
    std::printf("error %d %s\n", static_cast<int>(error.code), error.message.c_str());
  }
  template <class T>
  void expect(const Result<T>& result) {
    if (!result) fail(result.error());
  }

  void listen(Words& words) {
    const wire::Ear ear = ear_of(words);
    std::set<vrrp::VirtualRouterId> ours;
    for (const auto& id : parts(next<std::string>(words))) {
      ours.insert(vrrp::VirtualRouterId(static_cast<std::uint8_t>(std::stoi(id))));
    }
    if (auto* wire = adverts()) expect(wire->listen(ear, ours));
  }
  void leave(Words& words) {
    if (auto* wire = adverts()) wire->leave(ear_of(words));
  }
  void send(Words& words) {
    const int interface = next<int>(words);
    const auto source = address_of(next<std::string>(words));
    const auto destination = address_of(next<std::string>(words));
    if (auto* wire = adverts()) {
      expect(wire->send(interface, {source, destination}, test::hex(next<std::string>(words)),
                        wire::Fence::kOpens));
    }
  }
  void read(Words& words) {
    if (auto* wire = adverts()) print(wire->receive(next<std::size_t>(words)));
  }
  void automatic(Words& words) { by_itself_ = next<int>(words) != 0; }
  void wakes(Words&) { std::printf("wakes %d\n", std::exchange(wakes_, 0)); }

  void print(const std::vector<wire::Datagram>& datagrams) {
    for (const auto& datagram : datagrams) {
      if (const auto* packet = std::get_if<net::Bytes>(&datagram.content)) {
        std::printf("4 %d %s\n", datagram.ear.interface, hex_of(*packet).c_str());
        continue;
      }
      const auto& message = std::get<vrrp::Ipv6Message>(datagram.content);
      std::printf("6 %d %s %s %s %s\n", datagram.ear.interface, to_string(message.endpoints.source).c_str(),
                  to_string(message.endpoints.destination).c_str(),
                  message.hop_limit ? std::to_string(*message.hop_limit).c_str() : "-",
                  hex_of(message.message).c_str());
    }
    std::fflush(stdout);
  }

  void frames(Words& words) {
    const int interface = next<int>(words);
    std::vector<net::Bytes> out;
    for (const auto& frame : parts(next<std::string>(words))) out.push_back(test::hex(frame));
    if (announcer_ == nullptr) {
      auto opened = wire::open_announcer();
      if (!opened) return fail(opened.error());
      announcer_ = std::move(*opened);
    }
    expect(announcer_->send(interface, out));
  }

  bool open_addresses() {
    if (addresses_ != nullptr) return true;
    auto opened = kernel::open_addresses();
    if (!opened) return fail(opened.error()), false;
    addresses_ = std::move(*opened);
    return true;
  }
  void hold(Words& words) {
    if (!open_addresses()) return;
    const int interface = next<int>(words);
    const Seconds lifetime(next<int>(words));
    const auto holding = addresses_->hold(interface, addresses(words), lifetime);
    for (const auto& address : holding.held) std::printf("held %s\n", to_string(address).c_str());
    for (const auto& address : holding.created) std::printf("created %s\n", to_string(address).c_str());
    for (const auto& [address, error] : holding.refused) std::printf("refused %s\n", error.message.c_str());
    if (!holding.tag_kept) std::printf("tag forgotten\n");
  }
  void release(Words& words) {
    if (!open_addresses()) return;
    const int interface = next<int>(words);
    expect(addresses_->release(interface, addresses(words)));
  }

  void view(Words& words) {
    if (network_ == nullptr) {
      auto opened = kernel::open_network(loop_);
      if (!opened) return fail(opened.error());
      network_ = std::move(*opened);
    }
    std::printf("changed %d\n", network_->update() ? 1 : 0);
    const auto found = network_->interfaces().find(next<int>(words));
    if (found == network_->interfaces().end()) return;
    const address::Interface& interface = found->second;
    std::printf("link %s %s %s%s\n", interface.name.c_str(), interface.up ? "up" : "down",
                to_string(interface.mac).c_str(), interface.routes_ipv6 ? " routes_ipv6" : "");
    for (const net::Family family : {net::Family::kIPv4, net::Family::kIPv6}) {
      const auto primary = address::primary_address(interface, family, {}, {});
      if (primary) std::printf("primary %s\n", to_string(*primary).c_str());
    }
    for (const address::InterfaceAddress& entry : interface.addresses) {
      std::printf("address %s%s%s%s%s%s%s\n", to_string(entry.prefix).c_str(), entry.ours ? " ours" : "",
                  entry.lasting ? " lasting" : "", entry.secondary ? " secondary" : "",
                  entry.deprecated ? " deprecated" : "", entry.tentative ? " tentative" : "",
                  entry.dad_failed ? " dad_failed" : "");
    }
  }

  void quit(Words&) { loop_.stop(); }

  sys::Loop& loop_;
  std::unique_ptr<wire::AdvertWire> adverts_;
  std::unique_ptr<wire::Announcer> announcer_;
  std::unique_ptr<kernel::Addresses> addresses_;
  std::unique_ptr<kernel::Network> network_;
  bool by_itself_ = false;
  bool failed_ = false;
  int wakes_ = 0;
};

}  // namespace

int main() {
  sys::Loop loop;
  Driver driver(loop);
  std::string pending;
  const sys::ReadWatch watch(loop, STDIN_FILENO, [&] {
    char buffer[65536];
    const ssize_t size = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (size == 0) loop.stop();
    if (size <= 0) return;
    pending.append(buffer, static_cast<std::size_t>(size));
    for (std::size_t end = 0; (end = pending.find('\n')) != std::string::npos;) {
      const std::string line = pending.substr(0, end);
      pending.erase(0, end + 1);
      driver.run(line);
    }
  });
  loop.run();
  return 0;
}
