#include "lib/api/health_check_fields.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>

#include "lib/api/net_fields.h"

namespace fairlead::api {
namespace {

constexpr Word<CheckKind> kKindWords[] = {{"tcp", CheckKind::kTcp},     {"http", CheckKind::kHttp},
                                          {"https", CheckKind::kHttps}, {"udp", CheckKind::kUdp},
                                          {"dns", CheckKind::kDns},     {"ping", CheckKind::kPing},
                                          {"smtp", CheckKind::kSmtp},   {"grpc", CheckKind::kGrpc}};
constexpr std::string_view kOtherFields[] = {"intervalSeconds",   "timeoutSeconds", "retries",
                                             "retryDelaySeconds", "port",           "sourceAddress"};
constexpr std::size_t kMaxHealthChecks = 8;

void read_seconds(const JsonView& view, std::int64_t low, std::int64_t high, Seconds& out) {
  std::int64_t value = 0;
  if (view.integer(low, high, value)) out = Seconds(value);
}

// The field that says what kind of check this is; absent, with a problem, unless it is one field.
std::optional<CheckKind> read_kind(const JsonView& item) {
  std::optional<CheckKind> kind;
  int kinds = 0;
  for (const auto& word : kKindWords) {
    const JsonView field = item.at(word.text);
    if (!field.present()) continue;
    ++kinds;
    if (field.object()) kind = word.value;
  }
  if (kinds != 1) {
    item.problem("must have exactly one of tcp, http, https, udp, dns, ping, smtp, grpc, got " +
                 std::to_string(kinds));
    return std::nullopt;
  }
  return kind;
}

void read_source(const JsonView& view, const TrafficFrame& frame, std::optional<net::IpAddress>& out) {
  net::IpAddress source;
  if (!read_server_address(view, source)) return;
  for (const auto family : frame.families) {
    if (family == source.family()) continue;
    view.problem("must be of the family of the virtual addresses, " + std::string(net::to_string(family)) +
                 ", got " + view.show());
  }
  out = source;
}

HealthCheck read_check(const JsonView& item, CheckKind kind, const TrafficFrame& frame) {
  HealthCheck out;
  out.kind = kind;
  read_seconds(item.at("intervalSeconds"), 1, 86400, out.interval);
  read_seconds(item.at("timeoutSeconds"), 1, 3600, out.timeout);
  item.at("retries").read(0, 100, out.retries);
  read_seconds(item.at("retryDelaySeconds"), 0, 3600, out.retry_delay);
  net::Port port{0};
  if (read_port(item.at("port"), 1, port)) out.port = port;
  read_source(item.at("sourceAddress"), frame, out.source_address);
  return out;
}

}  // namespace

std::string_view to_string(CheckKind kind) {
  for (const auto& word : kKindWords) {
    if (word.value == kind) return word.text;
  }
  return "unknown";
}

std::vector<std::string> unknown_health_check_fields(const nlohmann::json& item) {
  std::vector<std::string> out;
  if (!item.is_object()) return out;
  for (const auto& [name, value] : item.items()) {
    const auto is_name = [&, &name = name](std::string_view field) { return field == name; };
    const bool is_kind = std::any_of(std::begin(kKindWords), std::end(kKindWords),
                                     [&](const auto& word) { return is_name(word.text); });
    if (!is_kind && std::none_of(std::begin(kOtherFields), std::end(kOtherFields), is_name)) {
      out.push_back(name);
    }
  }
  return out;
}

nlohmann::json health_check_json(const HealthCheck& check) {
  nlohmann::json out{{to_string(check.kind), nlohmann::json::object()},
                     {"intervalSeconds", check.interval.count()},
                     {"timeoutSeconds", check.timeout.count()},
                     {"retries", check.retries},
                     {"retryDelaySeconds", check.retry_delay.count()}};
  if (check.port) out["port"] = check.port->value();
  if (check.source_address) out["sourceAddress"] = net::to_string(*check.source_address);
  return out;
}

void read_health_checks(const JsonView& list, const TrafficFrame& frame,
                        std::optional<std::vector<HealthCheck>>& out,
                        std::vector<std::string>& not_yet_supported) {
  if (!list.present()) return;
  out.emplace();
  const auto items = list.items(kMaxHealthChecks);
  for (const auto& item : items) {
    if (!item.object()) continue;
    const auto kind = read_kind(item);
    const auto check = read_check(item, kind.value_or(CheckKind::kTcp), frame);
    if (!kind) continue;
    const JsonView own = item.at(to_string(*kind));
    if (*kind != CheckKind::kTcp) {
      not_yet_supported.push_back(own.path());
      continue;
    }
    for (const auto& [name, field] : own.fields()) {
      own.at(name).problem(
          "is no field of a tcp check; intervalSeconds, timeoutSeconds, retries, retryDelaySeconds, port and "
          "sourceAddress stand beside tcp");
    }
    out->push_back(check);
  }
  if (frame.forwarding == Forwarding::kDelegate && !items.empty()) {
    not_yet_supported.push_back(list.path() + " (with forwarding Delegate)");
  }
}

}  // namespace fairlead::api
