#include "node/filter/dropped.h"

namespace fairlead::filter {
namespace {

struct Counter {
  const char* name;
  DropCause cause;
};
constexpr Counter kCounters[] = {
    {"denied4", {DropReason::kSourceRange, net::Family::kIPv4}},
    {"denied6", {DropReason::kSourceRange, net::Family::kIPv6}},
    {"closed4", {DropReason::kClosedPort, net::Family::kIPv4}},
    {"closed6", {DropReason::kClosedPort, net::Family::kIPv6}},
};

}  // namespace

Dropped dropped(const std::map<std::string, std::uint64_t>& counters) {
  Dropped out;
  for (const auto& [name, cause] : kCounters) {
    const auto found = counters.find(name);
    out[cause] = found == counters.end() ? 0 : found->second;
  }
  return out;
}

Dropped dropped_since(const Dropped& before, const Dropped& now) {
  Dropped out;
  for (const auto& [cause, packets] : now) {
    const auto found = before.find(cause);
    const bool goes_on = found != before.end() && found->second <= packets;
    out[cause] = goes_on ? packets - found->second : packets;
  }
  return out;
}

}  // namespace fairlead::filter
