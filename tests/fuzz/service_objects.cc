// F-15: annotations and fields of a Service, and a VirtualIP, of any content, into objects. Whatever they
// say, the rounds end and a further one writes nothing (F-13); every VirtualIP, AddressClaim, VRRPGroup and
// RealServerSet that comes of it is read by our own readers without a problem, is nothing that a node would
// refuse, and keeps the limits of its schema; and a neighbour that is sound gets its address all the same
// (I-8).
//
// Input: texts with a byte 0xff between them. The first: JSON, the spec of a Service; the second: JSON, the
// spec of a VirtualIP; then annotations of the Service, a byte that says which and its value.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "node/plan/make_plan.h"
#include "tests/fuzz/input.h"
#include "tests/unit/controller/fake_api.h"

namespace fairlead::controller {
namespace {

using fuzz::require;
using nlohmann::json;
using testing::FakeApi;
using testing::Rounds;

const std::vector<std::string> kAnnotations{"fairlead.dev/loadBalancerIPs",
                                            "fairlead.dev/address-pool",
                                            "fairlead.dev/sharing-key",
                                            "fairlead.dev/forwarding",
                                            "fairlead.dev/scheduler",
                                            "fairlead.dev/scheduler-flags",
                                            "fairlead.dev/source-ranges",
                                            "fairlead.dev/connection-limits",
                                            "fairlead.dev/health-checks",
                                            "fairlead.dev/on-unhealthy",
                                            "fairlead.dev/quorum",
                                            "fairlead.dev/sorry-server",
                                            "fairlead.dev/min-healthy-percent",
                                            "fairlead.dev/drain-seconds",
                                            "fairlead.dev/on-no-endpoints",
                                            "fairlead.dev/preferred-nodes",
                                            "metallb.io/loadBalancerIPs",
                                            "metallb.io/address-pool",
                                            "metallb.io/allow-shared-ip",
                                            "kube-vip.io/loadbalancerIPs"};
constexpr std::size_t kMostName = 253;
constexpr std::size_t kMostObject = 1500000;  // bytes (kubernetes.md 1, "Sizes")
constexpr std::size_t kMostReals = 1000;

std::vector<std::string_view> pieces(std::string_view text) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto end = text.find('\xff');
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

json node(const std::string& name) {
  return {{"kind", "Node"},
          {"metadata", {{"name", name}}},
          {"status", {{"conditions", {{{"type", "Ready"}, {"status", "True"}}}}}}};
}

json report(const std::string& name, int host) {
  const std::string end = std::to_string(host);
  const json interface {
    {"name", "eth0"}, {"mtu", 1500}, {"up", true}, {
      "addresses", { "192.0.2." + end + "/24", "2001:db8::" + end + "/64" }
    }
  };
  return {
      {"kind", "NodeReport"},
      {"metadata", {{"name", name}}},
      {"spec",
       {{"instance", name}, {"interfaces", {interface}}, {"capabilities", {{"ipvs", true}, {"nft", true}}}}}};
}

json in_shop(const std::string& kind, const std::string& name, json spec) {
  return {{"kind", kind}, {"metadata", {{"name", name}, {"namespace", "shop"}}}, {"spec", std::move(spec)}};
}

void fill(FakeApi& api) {
  api.add(node("node-1"));
  api.add(node("node-2"));
  api.add(report("node-1", 1));
  api.add(report("node-2", 2));
  api.add({{"kind", "AddressPool"},
           {"metadata", {{"name", "public"}}},
           {"spec", {{"addresses", {"192.0.2.96/28", "2001:db8::60/124"}}}}});
  api.add(in_shop("VirtualIP", "good",
                  {{"addresses", {"192.0.2.110"}},
                   {"ports", {{{"port", 80}}}},
                   {"servers", {{{"address", "10.0.0.1"}}}}}));
  api.add({{"kind", "EndpointSlice"},
           {"metadata",
            {{"name", "web-1"}, {"namespace", "shop"}, {"labels", {{"kubernetes.io/service-name", "web"}}}}},
           {"addressType", "IPv4"},
           {"ports",
            {{{"name", "http"}, {"port", 8080}, {"protocol", "TCP"}}, {{"port", 53}, {"protocol", "UDP"}}}},
           {"endpoints", {{{"addresses", {"10.1.0.1"}}}, {{"addresses", {"10.1.0.2"}}}}}});
}

// Text as the API server would keep it: JSON is UTF-8.
std::string clean(std::string_view text) {
  return json::parse(json(std::string(text)).dump(-1, ' ', false, json::error_handler_t::replace))
      .get<std::string>();
}

json spec_of(std::string_view text) {
  auto out = json::parse(text, nullptr, false);
  if (out.is_discarded()) out = json::object();
  return json::parse(out.dump(-1, ' ', false, json::error_handler_t::replace));
}

void add_input(std::string_view text, FakeApi& api) {
  const auto parts = pieces(text);
  json spec = spec_of(parts[0]);
  if (spec.is_object()) {
    spec["type"] = "LoadBalancer";
    spec["loadBalancerClass"] = "fairlead.dev/vip";
    if (!spec.contains("ports")) spec["ports"] = {{{"name", "http"}, {"port", 80}, {"protocol", "TCP"}}};
  }
  json service = in_shop("Service", "web", std::move(spec));
  for (std::size_t i = 2; i < parts.size(); ++i) {
    if (parts[i].empty()) continue;
    const auto which = static_cast<unsigned char>(parts[i].front()) % kAnnotations.size();
    service["metadata"]["annotations"][kAnnotations[which]] = clean(parts[i].substr(1));
  }
  api.add(std::move(service));
  if (parts.size() > 1) api.add(in_shop("VirtualIP", "own", spec_of(parts[1])));
}

template <class Decoded>
void require_readable(const Decoded& decoded, const char* what) {
  if (!decoded.ok()) std::fprintf(stderr, "%s\n", api::to_string(decoded.problems).c_str());
  require(decoded.ok(), what);
}

void check_group(const std::string& text) {
  const auto read = api::decode_vrrp_group(text);
  require_readable(read, "a VRRPGroup of ours can be read");
  require(plan::check_from_api(read.value).empty(), "no node refuses a VRRPGroup of ours");
  require(read.value.spec.not_yet_supported.empty(), "it asks for nothing that is not built");
}

void check_set(const std::string& text) {
  const auto read = api::decode_real_server_set(text);
  require_readable(read, "a RealServerSet of ours can be read");
  require(plan::check(read.value).empty(), "no node refuses a RealServerSet of ours");
  std::size_t reals = 0;
  for (const auto& server : read.value.spec.virtual_servers) reals += server.reals.size();
  require(reals <= kMostReals, "at most 1000 real servers in a set");
}

void check_objects(const FakeApi& api) {
  for (const auto& [key, object] : api.objects()) {
    const std::string text = object.dump();
    require(key.second.name.size() <= kMostName && text.size() <= kMostObject,
            "within the limits of Kubernetes");
    if (key.first == "VRRPGroup") check_group(text);
    if (key.first == "RealServerSet") check_set(text);
    if (key.first == "AddressClaim")
      require_readable(api::decode_address_claim(text), "a claim of ours can be read");
    if (key.first == "VirtualIP" && key.second.name == "web") {
      require_readable(api::decode_virtual_ip(text), "the VirtualIP of a Service can be read");
    }
  }
}

void check_neighbour(FakeApi& api) {
  require(api.has({"AddressClaim", {"", "v4-192-0-2-110"}}), "a sound neighbour has its address claimed");
  bool listed = false;
  for (const auto& [key, object] : api.objects()) {
    if (key.first != "VRRPGroup") continue;
    for (const auto& address : object["spec"]["addresses"])
      listed = listed || address["address"] == "192.0.2.110";
  }
  require(listed, "and in a group");
}

void run(std::string_view text) {
  for (const auto foreign : {api::ForeignAnnotations::kIgnored, api::ForeignAnnotations::kRead}) {
    FakeApi api;
    fill(api);
    Rounds rounds(api);
    Settings settings;
    settings.foreign_annotations = foreign;
    rounds.set(settings);
    require(rounds.settle(), "the neighbour alone settles");
    add_input(text, api);
    require(rounds.settle(), "rounds end");
    check_objects(api);
    check_neighbour(api);
    rounds.restart();
    require(rounds.round(SIZE_MAX) == 0, "a restart writes nothing");
  }
}

}  // namespace
}  // namespace fairlead::controller

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fairlead::controller::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
