// F-1: a received packet of any bytes, judged and given to a state machine.
//
// Input: settings(1) more(1) priority(1) interval(1) moment(2), then the packet: of IPv4 with its header, of
// IPv6 the message. Settings say which router listens and in which state it is; `more` lets the checksum and
// the header be put right, so that what lies behind them is reached. With one more bit what the kernel tells
// beside an IPv6 message comes from the input, too: its length(1) and its bytes before the message.

#include <algorithm>

#include "lib/net/checksum.h"
#include "node/vrrp/admission.h"
#include "node/vrrp/machine.h"
#include "node/wire/control_messages.h"
#include "tests/fuzz/input.h"

namespace fairlead::vrrp {
namespace {

using fuzz::Input;
using fuzz::require;

const net::IpAddress kOurs = net::IpAddress::v4({192, 0, 2, 11});
const net::IpAddress kOurs6 = net::IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11});
const net::IpAddress kPeer = net::IpAddress::v4({192, 0, 2, 10});
const net::IpAddress kPeer6 = net::IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
const TimePoint t0{Seconds(1000)};

struct Settings {
  std::uint8_t bits, more, priority, interval;
  std::uint16_t moment;
  explicit Settings(Input& in)
      : bits(in.byte()), more(in.byte()), priority(in.byte()), interval(in.byte()), moment(in.word()) {}

  bool v6() const { return (bits & 1) != 0; }
  Version version() const { return !v6() && (bits & 2) != 0 ? Version::k2 : Version::k3; }
  bool password() const { return (bits & 4) != 0; }
  bool unicast() const { return (bits & 8) != 0; }
  bool lenient() const { return (bits & 16) != 0; }
  int state() const { return (bits >> 5) % 3; }
  bool put_right() const { return (more & 1) != 0; }
  bool pseudo_header() const { return (more & 2) != 0; }
  bool warm() const { return (more & 4) != 0; }
  bool preempt() const { return (more & 8) != 0; }
  bool hop_limit_untold() const { return (more & 16) != 0; }
  bool told_by_input() const { return v6() && (more & 32) != 0; }
};

Listener listener_of(const Settings& settings) {
  Expected expected;
  expected.version = settings.version();
  if (settings.password()) expected.password = make_password("1234");
  if (settings.unicast()) expected.peers = Peers{{kPeer, 250}, {kPeer6, 64}};
  expected.strict_v6_first_address = !settings.lenient();
  return {{kOurs, kOurs6}, {{VirtualRouterId(51), expected}, {VirtualRouterId(2), expected}}};
}

RouterConfig config_of(const Settings& settings) {
  RouterConfig out;
  out.version = settings.version();
  out.priority = Priority(std::max<std::uint8_t>(settings.priority, 1));
  const int interval = std::max<int>(settings.interval, 1);
  out.advertisement_interval = Centiseconds(out.version == Version::k2 ? 100 * interval : 16 * interval);
  out.preempt = settings.preempt();
  out.preempt_delay = Seconds(settings.more >> 6);
  if (settings.warm()) out.warm_since = t0;
  out.primary = settings.v6() ? kOurs6 : kOurs;
  return out;
}

State state_of(const Settings& settings, const RouterConfig& config) {
  if (settings.state() == 0) return Initialize{};
  const State backup = step(config, Initialize{}, Startup{}, t0).next;
  if (settings.state() == 1) return backup;
  return step(config, backup, TimePassed{}, t0 + Seconds(1000)).next;
}

// The sum of a message with its checksum zero, as RFC 9568 5.2.8 has it, put in.
void put_checksum_right(std::span<std::uint8_t> message, const Endpoints& endpoints, bool pseudo_header) {
  if (message.size() < 8) return;
  message[6] = message[7] = 0;
  const auto start = pseudo_header ? pseudo_header_sum(endpoints, message.size()) : std::uint16_t{0};
  const std::uint16_t sum = net::ones_complement_sum(message, start);
  message[6] = static_cast<std::uint8_t>(~sum >> 8 & 0xff);
  message[7] = static_cast<std::uint8_t>(~sum & 0xff);
}

Endpoints ipv4_endpoints(std::span<const std::uint8_t> packet) {
  return {net::IpAddress::from_bytes(packet.subspan(12, 4)),
          net::IpAddress::from_bytes(packet.subspan(16, 4))};
}

void put_header_right(net::Bytes& packet, bool pseudo_header) {
  if (packet.size() < 20 || packet.size() > 0xffff) return;
  packet[0] = 0x45;
  packet[2] = static_cast<std::uint8_t>(packet.size() >> 8);
  packet[3] = static_cast<std::uint8_t>(packet.size() & 0xff);
  packet[8] = 255;
  packet[9] = 112;
  put_checksum_right(std::span(packet).subspan(20), ipv4_endpoints(packet), pseudo_header);
}

// What is accepted can be written again, and reads as the same value; but for Reserve, checksum and tail.
void check_message(std::span<const std::uint8_t> message, const Endpoints& endpoints) {
  const auto read = decode(message, endpoints);
  const auto* sound = std::get_if<DecodedMessage>(&read);
  if (sound == nullptr) return;
  Form form{sound->version, ChecksumForm::kRfc9568, {}};
  if (sound->authentication && sound->authentication->type == 1) form.password = sound->authentication->data;
  const net::Bytes again = encode(sound->advert, form, endpoints);
  require(again.size() + sound->trailing_bytes == message.size(), "what follows the message is counted");
  const std::size_t authentication = sound->version == Version::k2 ? again.size() - 8 : again.size();
  for (std::size_t i = 0; i < authentication; ++i) {
    if (i == 4 || i == 6 || i == 7) continue;
    require(again[i] == message[i], "encode(decode(x)) is x");
  }
  if (sound->version == Version::k3) require(again[4] == (message[4] & 0x0f), "Reserve is sent as zero");
  const auto second = decode(again, endpoints);
  require(std::holds_alternative<DecodedMessage>(second), "what we write is read");
  require(std::get<DecodedMessage>(second).advert == sound->advert, "decode(encode(x)) is x");
}

// What an Active router does about an advert: RFC 9568 6.4.3, VR-098, VR-099, VR-101, V2-09.
void check_active(const RouterConfig& config, const Active& was, const Accepted& heard, const Step& next,
                  TimePoint now, bool stranger) {
  const auto* is = std::get_if<Active>(&next.next);
  if (is == nullptr) {
    std::vector<Effect> yielding{ReleaseAddresses{}};
    if (!stranger) yielding.emplace_back(SendAdvert{config.priority});
    require(next.effects == yielding, "who yields releases, says one last word to his own, and no more");
    return;
  }
  const std::vector<Effect> answer{RenewAddresses{}, SendAdvert{config.priority}, RepeatAnnouncement{}};
  const bool sent = next.effects == answer;
  if (heard.advert.priority == kRelinquish) {
    require(sent, "who leaves is answered at once");
  } else if (config.version == Version::k2) {
    require(next.effects == std::vector<Effect>{RepeatAnnouncement{}}, "version 2 does not answer");
  } else {
    require(sent || (next.effects.empty() && was.last_answer), "a lower one is answered, if not just before");
  }
  require(sent || is->next_advert == was.next_advert, "only a sent advert re-arms the timer");
  require(is->next_advert <= std::max(was.next_advert, now + Microseconds(config.advertisement_interval)),
          "no gap is wider than an interval");
}

// One step with what was accepted: vrrp.md 10, Q3, Q4, Q9, I-11.
void check_step(const RouterConfig& config, const State& state, const Accepted& heard, TimePoint now,
                bool stranger) {
  const AdvertReceived event{heard.advert.priority, heard.advert.max_advertise_interval, heard.sender,
                             stranger};
  const Step next = step(config, state, event, now);
  require(next == step(config, state, event, now), "a step is a function");
  require(next.reason.has_value() == (state.index() != next.next.index()), "every transition has its reason");
  const auto* was = std::get_if<Active>(&state);
  require(was != nullptr || !std::holds_alternative<Active>(next.next), "no advert makes an Active router");
  require(was != nullptr || next.effects.empty(), "a Backup sends nothing");
  if (was != nullptr) check_active(config, *was, heard, next, now, stranger);
}

// The checks of RFC 9568 7.1 once more, on what was accepted.
void check_accepted(const Settings& settings, const Listener& listener, const Accepted& heard, int ttl) {
  require(listener.routers.contains(heard.advert.virtual_router_id), "the VRID is ours");
  require(heard.advert.max_advertise_interval >= Centiseconds(1), "no interval of zero");
  require(!heard.advert.addresses.empty() && heard.advert.addresses.size() <= 255, "1 to 255 addresses");
  require(!listener.own_addresses.contains(heard.sender), "we do not hear ourselves");
  const bool peer = heard.sender == kPeer || heard.sender == kPeer6;
  require(!settings.unicast() || peer, "unicast hears peers alone");
  require(ttl == 255 || (settings.unicast() && ttl >= (settings.v6() ? 64 : 250)),
          "TTL 255, but for named peers");
  if (settings.v6() && !settings.lenient()) {
    require(heard.advert.addresses.front().is_link_local(), "a link-local address in front");
  }
  require(heard.checksum.has_value() == (!settings.v6() && settings.version() == Version::k3),
          "forms of v3 IPv4");
}

// What came, of either family.
struct Packet {
  net::Bytes bytes;  // IPv4: with its header
  Ipv6Message message6;
};

Packet packet_of(const Settings& settings, Input& in) {
  const Endpoints usual{kPeer6, multicast_group(net::Family::kIPv6)};
  const net::Bytes control = settings.told_by_input() ? in.bytes(in.byte()) : net::Bytes{};
  Packet out{in.rest(), {}};
  if (!settings.v6()) {
    if (settings.put_right()) put_header_right(out.bytes, settings.pseudo_header());
    return out;
  }
  if (settings.put_right()) put_checksum_right(out.bytes, usual, true);
  if (settings.told_by_input()) {
    out.message6 = wire::ipv6_message(kPeer6, wire::read_control_messages(control), out.bytes);
    const auto& told = out.message6.hop_limit;
    require(!told || (*told >= 0 && *told <= 255), "a hop limit is a byte");
  } else {
    const int hop_limit = 255 - settings.moment % 3;
    out.message6 = {usual, settings.hop_limit_untold() ? std::nullopt : std::optional<int>(hop_limit),
                    out.bytes};
  }
  return out;
}

void run(Input in) {
  const Settings settings(in);
  const Listener listener = listener_of(settings);
  const RouterConfig config = config_of(settings);
  const State state = state_of(settings, config);
  const Packet packet = packet_of(settings, in);

  const Admission admission =
      settings.v6() ? admit(listener, packet.message6) : admit(listener, packet.bytes);
  if (settings.v6()) {
    check_message(packet.bytes, packet.message6.endpoints);
  } else if (packet.bytes.size() >= 20) {
    check_message(std::span(packet.bytes).subspan(20), ipv4_endpoints(packet.bytes));
  }
  const auto* heard = std::get_if<Accepted>(&admission);
  if (heard == nullptr) return;  // VR-047: there is nothing to deliver
  check_accepted(settings, listener, *heard, settings.v6() ? *packet.message6.hop_limit : packet.bytes[8]);
  const TimePoint now = t0 + Milliseconds(settings.moment);
  for (const bool stranger : {false, true}) check_step(config, state, *heard, now, stranger);
}

}  // namespace
}  // namespace fairlead::vrrp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fairlead::vrrp::run({data, size});
  return 0;
}
