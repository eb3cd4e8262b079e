#include "lib/api/vrrp_fields.h"

namespace fairlead::api {
namespace {

constexpr Word<Checksum> kChecksumWords[] = {{"RFC9568", Checksum::kRfc9568},
                                             {"RFC5798", Checksum::kRfc5798}};
constexpr Word<int> kTransportWords[] = {{"Multicast", 0}, {"Unicast", 1}};

constexpr std::int64_t kMaxAdvertMs = 40950;  // 4095 centiseconds, RFC 9568 5.2.7
constexpr std::int64_t kMaxPreemptDelay = 86400;
constexpr std::int64_t kMaxLinkUpDelayMs = 600000;

}  // namespace

void read_version(const JsonView& view, int& out, std::vector<std::string>& not_yet_supported) {
  view.read(2, 3, out);
  if (out != 3) not_yet_supported.push_back(view.path());
}

void read_advert_interval(const JsonView& view, int version, Milliseconds& out) {
  std::int64_t value = 0;
  if (!view.integer(10, kMaxAdvertMs, value)) return;
  const std::int64_t step = version == 2 ? 1000 : 10;
  if (value % step != 0) {
    view.problem(std::string("must be a multiple of ") +
                 (version == 2 ? "1000 (whole seconds) with version 2" : "10") + ", got " + view.show());
    return;
  }
  out = Milliseconds(value);
}

void read_preempt_delay(const JsonView& view, Seconds& out) {
  std::int64_t value = 0;
  if (view.integer(0, kMaxPreemptDelay, value)) out = Seconds(value);
}

void read_checksum(const JsonView& view, Checksum& out) { view.read<Checksum>(kChecksumWords, out); }

void read_transport(const JsonView& view, std::vector<std::string>& not_yet_supported) {
  int transport = 0;
  view.read<int>(kTransportWords, transport);
  if (transport != 0) not_yet_supported.push_back(view.path());
}

void read_link_up_delay(const JsonView& view, std::vector<std::string>& not_yet_supported) {
  std::int64_t delay = 0;
  view.integer(0, kMaxLinkUpDelayMs, delay);
  if (delay != 0) not_yet_supported.push_back(view.path());
}

}  // namespace fairlead::api
