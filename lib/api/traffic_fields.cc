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
// Alternatives that are only checked so far; the first is the default.
constexpr Word<int> kSchedulerFlagWords[] = {{"sh-port", 0}, {"mh-port", 1}};
constexpr Word<int> kTunnelWords[] = {{"ipip", 0}, {"gue", 1}, {"gre", 2}};

constexpr std::size_t kMaxSchedulerFlags = 2;
constexpr std::size_t kMaxSourceRanges = 256;
constexpr std::int64_t kMaxWeightSum = 65535LL * 1000;
constexpr std::int64_t kMaxConnections = INT32_MAX;
constexpr std::int64_t kDefaultDrainSeconds = 300;

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

// Reads fields of one object that are checked but not acted on yet.
class UnbuiltFields {
 public:
  UnbuiltFields(const JsonView& spec, std::vector<std::string>& out) : spec_(spec), out_(out) {}

  JsonView at(std::string_view field) const { return spec_.at(field); }
  void note(std::string_view field) { out_.push_back(spec_.at(field).path()); }

  void integer(std::string_view field, std::int64_t high, std::int64_t standard) {
    std::int64_t value = standard;
    at(field).integer(0, high, value);
    if (value != standard) note(field);
  }
  void word(std::string_view field, std::span<const Word<int>> words) {
    int value = 0;
    at(field).read<int>(words, value);
    if (value != 0) note(field);
  }

 private:
  const JsonView& spec_;
  std::vector<std::string>& out_;
};

void read_scheduler_flags(UnbuiltFields& fields) {
  const auto items = fields.at("schedulerFlags").items(kMaxSchedulerFlags);
  for (const auto& item : items) {
    int ignored = 0;
    item.read<int>(kSchedulerFlagWords, ignored);
  }
  if (!items.empty()) fields.note("schedulerFlags");
}

void read_persistence(UnbuiltFields& fields) {
  const JsonView persistence = fields.at("persistence");
  if (!persistence.object()) return;
  std::int64_t ignored = 0;
  persistence.at("timeoutSeconds").require();
  persistence.at("timeoutSeconds").integer(1, 86400, ignored);
  persistence.at("prefixLength").integer(1, 128, ignored);
  fields.note("persistence");
}

void read_source_ranges(UnbuiltFields& fields) {
  std::vector<net::Prefix> ranges;
  read_prefixes(fields.at("sourceRanges"), kMaxSourceRanges, ranges);
  if (!ranges.empty()) fields.note("sourceRanges");
}

void read_connection_limits(UnbuiltFields& fields) {
  const JsonView limits = fields.at("connectionLimits");
  if (!limits.object()) return;
  std::int64_t upper = 0;
  std::int64_t lower = 0;
  limits.at("upper").integer(0, kMaxConnections, upper);
  limits.at("lower").integer(0, kMaxConnections, lower);
  if (lower > upper) {
    limits.at("lower").problem("must be at most upper (" + std::to_string(upper) + "), got " +
                               std::to_string(lower));
  }
  if (upper != 0 || lower != 0) fields.note("connectionLimits");
}

void read_one_packet(UnbuiltFields& fields, const TrafficFrame& frame) {
  bool on = false;
  fields.at("onePacket").read(on);
  if (!on) return;
  const bool direct =
      frame.forwarding == Forwarding::kDirectRouting || frame.forwarding == Forwarding::kTunnel;
  if (!direct || !frame.udp_only) {
    fields.at("onePacket").problem("true is allowed for UDP with forwarding DirectRouting or Tunnel only");
  }
  fields.note("onePacket");
}

void read_sorry_server(UnbuiltFields& fields) {
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

void read_tunnel(UnbuiltFields& fields, Forwarding forwarding) {
  const JsonView tunnel = fields.at("tunnel");
  if (!tunnel.object()) return;
  if (forwarding != Forwarding::kTunnel) {
    tunnel.problem("allowed with forwarding Tunnel only, got " + std::string(to_string(forwarding)));
  }
  int ignored = 0;
  net::Port port{0};
  tunnel.at("type").read<int>(kTunnelWords, ignored);
  read_port(tunnel.at("port"), 1, port);
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

void read_scheduler(const JsonView& view, Scheduler& out) { view.read<Scheduler>(kSchedulerWords, out); }
void read_forwarding(const JsonView& view, Forwarding& out) { view.read<Forwarding>(kForwardingWords, out); }
void read_on_unhealthy(const JsonView& view, OnUnhealthy& out) {
  view.read<OnUnhealthy>(kOnUnhealthyWords, out);
}

TrafficOptions read_traffic_options(const JsonView& spec, const TrafficFrame& frame,
                                    std::vector<std::string>& not_yet_supported) {
  TrafficOptions out;
  UnbuiltFields fields(spec, not_yet_supported);
  if (frame.forwarding == Forwarding::kTunnel) fields.note("forwarding");
  read_scheduler_flags(fields);
  read_persistence(fields);
  read_source_ranges(fields);
  read_connection_limits(fields);
  read_one_packet(fields, frame);
  read_health_checks(spec.at("healthChecks"), frame, out.health_checks, not_yet_supported);
  read_on_unhealthy(spec.at("onUnhealthy"), out.on_unhealthy);
  fields.integer("quorum", kMaxWeightSum, 1);
  fields.integer("hysteresis", kMaxWeightSum, 0);
  read_sorry_server(fields);
  fields.integer("minHealthyPercent", 100, 0);
  fields.integer("drainSeconds", 86400, kDefaultDrainSeconds);
  read_tunnel(fields, frame.forwarding);
  return out;
}

}  // namespace fairlead::api
