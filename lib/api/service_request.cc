#include "lib/api/service_request.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/health_check_fields.h"
#include "lib/api/json_view.h"
#include "lib/api/virtual_ip_fields.h"
#include "lib/base/text.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

// How an annotation's text becomes a field.
enum class Form { kText, kNumber, kList, kLimits, kEndpoint, kNodes, kChecks };

struct Annotation {
  std::string_view name;   // behind "fairlead.dev/"
  std::string_view field;  // of a VirtualIP's spec
  Form form;
  std::vector<std::string_view> foreign{};  // others' names for it, the first that is there counts
};

const std::vector<Annotation>& annotations() {
  static const std::vector<Annotation> all{
      {"loadBalancerIPs",
       "addresses",
       Form::kList,
       {"metallb.io/loadBalancerIPs", "kube-vip.io/loadbalancerIPs"}},
      {"address-pool", "pool", Form::kText, {"metallb.io/address-pool"}},
      {"sharing-key", "sharingKey", Form::kText, {"metallb.io/allow-shared-ip"}},
      {"forwarding", "forwarding", Form::kText},
      {"scheduler", "scheduler", Form::kText},
      {"scheduler-flags", "schedulerFlags", Form::kList},
      {"source-ranges", "sourceRanges", Form::kList},
      {"connection-limits", "connectionLimits", Form::kLimits},
      {"health-checks", "healthChecks", Form::kChecks},
      {"on-unhealthy", "onUnhealthy", Form::kText},
      {"quorum", "quorum", Form::kNumber},
      {"sorry-server", "sorryServer", Form::kEndpoint},
      {"min-healthy-percent", "minHealthyPercent", Form::kNumber},
      {"drain-seconds", "drainSeconds", Form::kNumber},
      {"on-no-endpoints", "onNoEndpoints", Form::kText},
      {"preferred-nodes", "placement", Form::kNodes}};
  return all;
}

struct Found {
  std::string name;  // whole
  std::string text;  // trimmed, not empty
};

std::optional<Found> value_of(const Service& service, const std::string& name) {
  const auto found = service.meta.annotations.find(name);
  if (found == service.meta.annotations.end() || trim(found->second).empty()) return std::nullopt;
  return Found{name, std::string(trim(found->second))};
}

std::optional<Found> find(const Service& service, const Annotation& annotation, ForeignAnnotations foreign) {
  auto own = value_of(service, "fairlead.dev/" + std::string(annotation.name));
  if (own || foreign == ForeignAnnotations::kIgnored) return own;
  for (const auto& name : annotation.foreign) {
    if (auto other = value_of(service, std::string(name))) return other;
  }
  return std::nullopt;
}

json list_of(const std::string& text) {
  json out = json::array();
  for (const auto& part : split(text, ',')) out.push_back(trim(part));
  return out;
}

// Absent: it is no number in digits.
std::optional<long long> number_of(std::string_view text) {
  long long value = 0;
  if (!parse_integer(text, INT64_MIN, INT64_MAX, value)) return std::nullopt;
  return value;
}

// A Service asks in the words of its annotations and fields, a VirtualIP in those of its spec.
class Request {
 public:
  // Where the value of a field of the spec came from.
  void note(std::string_view field, std::string source, bool whole) {
    sources_.push_back({"spec." + std::string(field), std::move(source), whole});
  }
  void set(std::string_view field, json value) { spec_[std::string(field)] = std::move(value); }
  json& spec() { return spec_; }
  void refuse(const std::string& source, std::string message) {
    refused_.push_back({source, std::move(message)});
  }

  Decoded<VirtualIPSpec> read() const {
    Decoded<VirtualIPSpec> out;
    const JsonDocument spec(spec_, "spec", out.problems);
    read_virtual_ip_spec(spec.root(), out.value);
    for (auto& problem : out.problems) problem.path = told(problem.path);
    for (auto& name : out.value.not_yet_supported) name = told(name);
    out.problems.insert(out.problems.begin(), refused_.begin(), refused_.end());
    return out;
  }

 private:
  struct Source {
    std::string path;
    std::string name;
    bool whole;  // what lies inside is nothing that its author sees
  };

  // "spec.sorryServer.port" -> "annotation fairlead.dev/sorry-server". What follows a blank stays.
  std::string told(const std::string& path) const {
    for (const auto& source : sources_) {
      if (!path.starts_with(source.path)) continue;
      const std::string rest = path.substr(source.path.size());
      if (!rest.empty() && rest.front() != '.' && rest.front() != '[' && rest.front() != ' ') continue;
      const auto blank = rest.find(' ');
      if (!source.whole) return source.name + rest;
      return source.name + (blank == std::string::npos ? "" : rest.substr(blank));
    }
    return path;
  }

  json spec_ = json::object();
  std::vector<Source> sources_;
  std::vector<Problem> refused_;
};

void set_limits(const std::string& source, const std::string& text, Request& out) {
  const auto parts = split(text, ',');
  if (parts.size() != 2) return out.refuse(source, "must be \"upper,lower\", got " + text);
  const auto upper = number_of(trim(parts[0]));
  const auto lower = number_of(trim(parts[1]));
  if (!upper || !lower)
    return out.refuse(source, "must be \"upper,lower\", two whole numbers in digits, got " + text);
  out.set("connectionLimits", {{"upper", *upper}, {"lower", *lower}});
}

// "192.0.2.9:80" or "[2001:db8::9]:80".
void set_endpoint(const std::string& source, const std::string& text, Request& out) {
  const auto colon = text.rfind(':');
  std::string address = text.substr(0, colon);
  const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
  if (bracketed) address = address.substr(1, address.size() - 2);
  const bool bare = !bracketed && address.find(':') != std::string::npos;
  const auto port = number_of(std::string_view(text).substr(colon + 1));  // of all of it without a colon
  if (colon == std::string::npos || bare || !port) {
    return out.refuse(source, "must be \"address:port\" (IPv6: \"[address]:port\"), got " + text);
  }
  out.set("sorryServer", {{"address", address}, {"port", *port}});
}

// An annotation is text, whatever is in it: "got a string" would help nobody.
void set_number(const std::string& source, const Annotation& annotation, const std::string& text,
                Request& out) {
  const auto number = number_of(text);
  if (!number) return out.refuse(source, "must be a whole number in digits, got \"" + text + "\"");
  out.set(annotation.field, *number);
}

void refuse_unknown_fields(const std::string& source, const json& checks, Request& out) {
  if (!checks.is_array()) return;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    for (const auto& name : unknown_health_check_fields(checks[i])) {
      out.refuse(source + "[" + std::to_string(i) + "]." + name,
                 "is no field of a health check; those are tcp, http, https, udp, dns, ping, smtp, grpc, "
                 "intervalSeconds, timeoutSeconds, retries, retryDelaySeconds, port and sourceAddress");
    }
  }
}

void set_checks(const std::string& source, const Annotation& annotation, const std::string& text,
                Request& out) {
  std::vector<Problem> problems;
  const JsonDocument bounded("{\"list\":" + text + "}", problems);  // neither too long nor nested too deep
  if (!problems.empty()) return out.refuse(source, "must be a JSON list");
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) return out.refuse(source, "must be a JSON list");
  refuse_unknown_fields(source, value, out);
  out.set(annotation.field, std::move(value));
}

void take(const Annotation& annotation, const Found& found, Request& out) {
  const std::string source = "annotation " + found.name;
  out.note(annotation.field, source, annotation.form != Form::kChecks);
  switch (annotation.form) {
    case Form::kText:
      return out.set(annotation.field, found.text);
    case Form::kNumber:
      return set_number(source, annotation, found.text, out);
    case Form::kList:
      return out.set(annotation.field, list_of(found.text));
    case Form::kLimits:
      return set_limits(source, found.text, out);
    case Form::kEndpoint:
      return set_endpoint(source, found.text, out);
    case Form::kNodes:
      return out.set(annotation.field, {{"preferredNodes", list_of(found.text)}});
    case Form::kChecks:
      return set_checks(source, annotation, found.text, out);
  }
}

void take_deprecated(const Service& service, Request& out) {
  out.note("addresses", "spec.loadBalancerIP", true);
  out.set("addresses", json::array({trim(service.load_balancer_ip)}));
}

// Besides those of the annotation.
void take_source_ranges(const Service& service, Request& out) {
  json& ranges = out.spec()["sourceRanges"];
  if (ranges.is_null()) ranges = json::array();
  for (const auto& range : service.source_ranges) ranges.push_back(trim(range));
  out.note("sourceRanges", "spec.loadBalancerSourceRanges", true);
}

void take_fields(const Service& service, Request& out) {
  if (service.client_ip_affinity) {
    out.note("persistence", "spec.sessionAffinity", true);
    out.set("persistence", {{"timeoutSeconds", service.client_ip_affinity->count()}});
  }
  if (!service.source_ranges.empty()) take_source_ranges(service, out);
}

// What is misspelt would be ignored in silence.
void refuse_unknown(const Service& service, Request& out) {
  constexpr std::string_view kOurs = "fairlead.dev/";
  for (const auto& [name, text] : service.meta.annotations) {
    if (!name.starts_with(kOurs)) continue;
    std::string known;
    bool is_known = false;
    for (const auto& annotation : annotations()) {
      is_known = is_known || name.substr(kOurs.size()) == annotation.name;
      known += (known.empty() ? "" : ", ") + std::string(annotation.name);
    }
    if (!is_known)
      out.refuse("annotation " + name, "is none that Fairlead knows; behind fairlead.dev/ it knows " + known);
  }
}

}  // namespace

bool asks_by_deprecated_field(const Service& service, ForeignAnnotations foreign) {
  return !trim(service.load_balancer_ip).empty() && !find(service, annotations().front(), foreign);
}

Decoded<VirtualIPSpec> requested_spec(const Service& service, ForeignAnnotations foreign) {
  Request out;
  out.set("serviceRef", {{"name", service.meta.name}});
  for (const auto& annotation : annotations()) {
    if (const auto found = find(service, annotation, foreign)) take(annotation, *found, out);
  }
  refuse_unknown(service, out);
  if (asks_by_deprecated_field(service, foreign)) take_deprecated(service, out);
  if (out.spec().value("forwarding", json()) != "Delegate") take_fields(service, out);
  auto decoded = out.read();
  if (service.too_many_ports > 0) {
    decoded.problems.push_back({"spec.ports", "must have at most " + std::to_string(kMostServicePorts) +
                                                  " items, got " + std::to_string(service.too_many_ports)});
  }
  return decoded;
}

}  // namespace fairlead::api
