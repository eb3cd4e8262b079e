#include "lib/api/vrrp_fields.h"

#include <algorithm>

namespace fairlead::api {
namespace {

constexpr Word<Checksum> kChecksumWords[] = {{"RFC9568", Checksum::kRfc9568},
                                             {"RFC5798", Checksum::kRfc5798}};
constexpr Word<Transport> kTransportWords[] = {{"Multicast", Transport::kMulticast},
                                               {"Unicast", Transport::kUnicast}};

constexpr std::int64_t kMaxAdvertMs = 40950;  // 4095 centiseconds, RFC 9568 5.2.7
constexpr std::int64_t kMaxPreemptDelay = 86400;
constexpr std::int64_t kMaxLinkUpDelayMs = 600000;

}  // namespace

void read_version(const JsonView& view, int& out) { view.read(2, 3, out); }

void read_advert_interval(const JsonView& view, int version, Milliseconds& out) {
  const std::int64_t step = version == 2 ? 1000 : 10;
  if (!view.present()) out = std::max(out, Milliseconds(step));
  std::int64_t value = 0;
  if (!view.integer(10, kMaxAdvertMs, value)) return;
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

void read_transport(const JsonView& view, Transport& out) { view.read<Transport>(kTransportWords, out); }

void read_link_up_delay(const JsonView& view, Milliseconds& out) {
  std::int64_t delay = 0;
  if (view.integer(0, kMaxLinkUpDelayMs, delay)) out = Milliseconds(delay);
}

}  // namespace fairlead::api
