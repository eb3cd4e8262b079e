#include "lib/api/traffic_fields.h"

#include "lib/api/health_check_fields.h"
#include "lib/api/net_fields.h"

namespace fairlead::api {
namespace {

constexpr Word<Scheduler> kSchedulerWords[] = {
    {"rr", Scheduler::kRr},     {"wrr", Scheduler::kWrr},     {"lc", Scheduler::kLc},
    {"wlc", Scheduler::kWlc},   {"sed", Scheduler::kSed},     {"nq", Scheduler::kNq},
    {"sh", Scheduler::kSh},     {"mh", Scheduler::kMh},       {"dh", Scheduler::kDh},
    {"lblc", Scheduler::kLblc}, {"lblcr", Scheduler::kLblcr}, {"fo", Scheduler::kFo},
    {"ovf", Scheduler::kOvf},   {"twos", Scheduler::kTwos}};
constexpr Word<Forwarding> kForwardingWords[] = {{"NAT", Forwarding::kNat},
                                                 {"DirectRouting", Forwarding::kDirectRouting},
                                                 {"Tunnel", Forwarding::kTunnel},
                                                 {"Delegate", Forwarding::kDelegate}};
constexpr Word<OnUnhealthy> kOnUnhealthyWords[] = {{"Drain", OnUnhealthy::kDrain},
                                                   {"Remove", OnUnhealthy::kRemove}};
// Of which scheduler each flag is.
constexpr Word<Scheduler> kSchedulerFlagWords[] = {{"sh-port", Scheduler::kSh}, {"mh-port", Scheduler::kMh}};
constexpr Word<TunnelType> kTunnelWords[] = {
    {"ipip", TunnelType::kIpip}, {"gue", TunnelType::kGue}, {"gre", TunnelType::kGre}};

constexpr std::size_t kMaxSchedulerFlags = 2;
constexpr std::size_t kMaxSourceRanges = 256;
constexpr std::int64_t kMaxWeightSum = 65535LL * 1000;
constexpr std::int64_t kMaxConnections = INT32_MAX;
constexpr int kIPv4Bits = 32;
constexpr int kIPv6Bits = 128;

template <class E, std::size_t N>
std::string_view text_of(const Word<E> (&words)[N], E value) {
  for (const auto& word : words) {
    if (word.value == value) return word.text;
  }
  return "unknown";
}

template <class E, std::size_t N>
std::string allowed(const Word<E> (&words)[N]) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + std::string(word.text);
  return out;
}

template <class E, std::size_t N>
Result<E> parse_word(const Word<E> (&words)[N], std::string_view text, std::string_view what) {
  for (const auto& word : words) {
    if (word.text == text) return word.value;
  }
  return fail(Code::kInvalid, std::string(what) + " must be one of " + allowed(words) + ", got \"" +
                                  std::string(text) + "\"");
}

// The fields of one object, and where it is noted which of them nobody acts on.
class Fields {
 public:
  Fields(const JsonView& spec, const TrafficFrame& frame, std::vector<std::string>& not_yet_supported)
      : spec_(spec), frame_(frame), not_yet_supported_(not_yet_supported) {}

  JsonView at(std::string_view field) const { return spec_.at(field); }
  const TrafficFrame& frame() const { return frame_; }
  // It is not built yet.
  void note(std::string_view field) { not_yet_supported_.push_back(at(field).path()); }
  // It is built where Fairlead forwards: whoever else does knows nothing of it.
  void note_delegated(std::string_view field) {
    if (frame_.forwarding != Forwarding::kDelegate) return;
    not_yet_supported_.push_back(at(field).path() + " (with forwarding Delegate)");
  }
  void unbuilt_integer(std::string_view field, std::int64_t high, std::int64_t standard) {
    std::int64_t value = standard;
    at(field).integer(0, high, value);
    if (value != standard) note(field);
  }

 private:
  const JsonView& spec_;
  const TrafficFrame& frame_;
  std::vector<std::string>& not_yet_supported_;
};

void read_scheduler_flags(Fields& fields, SchedulerFlags& out) {
  const Scheduler used = fields.frame().scheduler;
  for (const auto& item : fields.at("schedulerFlags").items(kMaxSchedulerFlags)) {
    Scheduler owner = Scheduler::kWlc;  // which has none
    item.read<Scheduler>(kSchedulerFlagWords, owner);
    if (owner == Scheduler::kWlc) continue;
    (owner == Scheduler::kSh ? out.sh_port : out.mh_port) = true;
    if (owner == used) continue;
    item.problem(std::string(text_of(kSchedulerFlagWords, owner)) + " is allowed with scheduler " +
                 std::string(to_string(owner)) + " only, got " + std::string(to_string(used)));
  }
  if (!(out == SchedulerFlags{})) fields.note_delegated("schedulerFlags");
}

// Where the families are not known yet, the controller asks again once they are.
void read_prefix_length(const JsonView& view, const TrafficFrame& frame, std::optional<int>& out) {
  std::int64_t length = 0;
  if (!view.integer(1, kIPv6Bits, length)) return;
  out = static_cast<int>(length);
  if (const auto problem = prefix_length_problem(*out, frame.families)) view.problem(*problem);
}

void read_persistence(Fields& fields, std::optional<Persistence>& out) {
  const JsonView view = fields.at("persistence");
  if (!view.object()) return;
  out.emplace();
  std::int64_t seconds = 0;
  view.at("timeoutSeconds").require();
  view.at("timeoutSeconds").integer(1, 86400, seconds);
  out->timeout = Seconds(seconds);
  read_prefix_length(view.at("prefixLength"), fields.frame(), out->prefix_length);
  fields.note_delegated("persistence");
}

void read_source_ranges(Fields& fields, std::vector<net::Prefix>& out) {
  read_prefixes(fields.at("sourceRanges"), kMaxSourceRanges, out);
  if (!out.empty()) fields.note_delegated("sourceRanges");
}

void read_connection_limits(Fields& fields, ConnectionLimits& out) {
  const JsonView limits = fields.at("connectionLimits");
  if (!limits.object()) return;
  limits.at("upper").read(0, kMaxConnections, out.upper);
  limits.at("lower").read(0, kMaxConnections, out.lower);
  if (out.lower > out.upper) {
    limits.at("lower").problem("must be at most upper (" + std::to_string(out.upper) + "), got " +
                               std::to_string(out.lower));
  }
  if (!(out == ConnectionLimits{})) fields.note_delegated("connectionLimits");
}

void read_one_packet(const Fields& fields, bool& out) {
  const TrafficFrame& frame = fields.frame();
  fields.at("onePacket").read(out);
  const bool direct =
      frame.forwarding == Forwarding::kDirectRouting || frame.forwarding == Forwarding::kTunnel;
  if (!out || (direct && frame.udp_only)) return;
  fields.at("onePacket").problem("true is allowed for UDP with forwarding DirectRouting or Tunnel only");
}

void read_sorry_server(Fields& fields) {
  const JsonView sorry = fields.at("sorryServer");
  if (!sorry.object()) return;
  net::IpAddress address;
  net::Port port{0};
  sorry.at("address").require();
  read_server_address(sorry.at("address"), address);
  sorry.at("port").require();
  read_port(sorry.at("port"), 1, port);
  fields.note("sorryServer");
}

void read_drain(Fields& fields, Seconds& out) {
  std::int64_t seconds = out.count();
  if (!fields.at("drainSeconds").integer(0, 86400, seconds) || Seconds(seconds) == out) return;
  out = Seconds(seconds);
  fields.note_delegated("drainSeconds");
}

void read_tunnel(Fields& fields, Tunnel& out) {
  const JsonView tunnel = fields.at("tunnel");
  const Forwarding forwarding = fields.frame().forwarding;
  if (!tunnel.object()) return;
  if (forwarding != Forwarding::kTunnel) {
    tunnel.problem("allowed with forwarding Tunnel only, got " + std::string(to_string(forwarding)));
  }
  tunnel.at("type").read<TunnelType>(kTunnelWords, out.type);
  read_port(tunnel.at("port"), 1, out.port);
  fields.note("tunnel");
}

}  // namespace

std::string_view to_string(Forwarding forwarding) { return text_of(kForwardingWords, forwarding); }
std::string_view to_string(Scheduler scheduler) { return text_of(kSchedulerWords, scheduler); }

Result<Scheduler> parse_scheduler(std::string_view text) {
  return parse_word(kSchedulerWords, text, "scheduler");
}
Result<Forwarding> parse_forwarding(std::string_view text) {
  return parse_word(kForwardingWords, text, "forwarding");
}

std::string_view to_string(OnUnhealthy action) { return text_of(kOnUnhealthyWords, action); }
std::string_view to_string(TunnelType type) { return text_of(kTunnelWords, type); }

std::optional<std::string> prefix_length_problem(int length, const std::set<net::Family>& families) {
  const std::string got = ", got " + std::to_string(length);
  if (families.size() > 1) return "must be absent with addresses of both families" + got;
  const bool v4 = families.contains(net::Family::kIPv4);
  const int most = v4 ? kIPv4Bits : kIPv6Bits;
  if (length >= 1 && length <= most) return std::nullopt;
  return "must be 1.." + std::to_string(most) + (v4 ? " with an IPv4 address" : "") + got;
}

void read_scheduler(const JsonView& view, Scheduler& out) { view.read<Scheduler>(kSchedulerWords, out); }
void read_forwarding(const JsonView& view, Forwarding& out) { view.read<Forwarding>(kForwardingWords, out); }
void read_on_unhealthy(const JsonView& view, OnUnhealthy& out) {
  view.read<OnUnhealthy>(kOnUnhealthyWords, out);
}

TrafficOptions read_traffic_options(const JsonView& spec, const TrafficFrame& frame,
                                    std::vector<std::string>& not_yet_supported) {
  TrafficOptions out;
  Traffic& traffic = out.traffic;
  Fields fields(spec, frame, not_yet_supported);
  if (frame.forwarding == Forwarding::kTunnel) fields.note("forwarding");
  read_scheduler_flags(fields, traffic.scheduler_flags);
  read_persistence(fields, traffic.persistence);
  read_source_ranges(fields, traffic.source_ranges);
  read_connection_limits(fields, traffic.connection_limits);
  read_one_packet(fields, traffic.one_packet);
  read_health_checks(spec.at("healthChecks"), frame, out.health_checks, not_yet_supported);
  read_on_unhealthy(spec.at("onUnhealthy"), out.on_unhealthy);
  fields.unbuilt_integer("quorum", kMaxWeightSum, 1);
  fields.unbuilt_integer("hysteresis", kMaxWeightSum, 0);
  read_sorry_server(fields);
  fields.unbuilt_integer("minHealthyPercent", 100, 0);
  read_drain(fields, traffic.drain);
  read_tunnel(fields, traffic.tunnel);
  return out;
}

}  // namespace fairlead::api
