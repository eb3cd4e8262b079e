#include "controller/plan/footing.h"

#include <gtest/gtest.h>

#include "unit/controller/builders.h"

// KEP-1669 and externalTrafficPolicy: which nodes have an endpoint, and whether there is any.
namespace fairlead::controller {
namespace {

using namespace testing;
using Nodes = Footing::Nodes;

const api::ObjectKey kWeb{"shop", "web"};

api::SliceEndpoint ready(const std::string& address, const std::string& node) {
  return {{address}, true, true, false, node};
}
api::SliceEndpoint draining(const std::string& address, const std::string& node) {
  return {{address}, false, true, true, node};
}
api::EndpointSlice slice(const std::string& name, std::vector<api::SliceEndpoint> endpoints) {
  api::EndpointSlice out;
  out.meta = meta(name, "shop");
  out.service_name = "web";
  out.address_type = "IPv4";
  out.endpoints = std::move(endpoints);
  out.ports.push_back({"http", net::Port(8080), net::Protocol::kTcp});
  return out;
}
// A Service with externalTrafficPolicy Local, and a VirtualIP of it.
Inputs local() {
  Inputs inputs = three_nodes();
  auto web = service("web", "");
  web.external_traffic_local = true;
  put(inputs.services, web);
  auto object = vip("web", "192.0.2.100");
  object.spec.servers.clear();
  object.spec.ports.clear();
  object.spec.service = "web";
  put(inputs.virtual_ips, object);
  return inputs;
}
Footing footing(const Inputs& inputs) { return footings(inputs, Belongings(inputs)).at(kWeb); }

TEST(Footing, LocalNodesAreThoseWithAReadyEndpointOfTheFamily) {
  Inputs inputs = local();
  put(inputs.endpoint_slices, slice("web-1", {ready("10.1.0.1", "node-a"), draining("10.1.0.2", "node-b"),
                                              ready("10.1.0.3", "node-c"), ready("10.1.0.4", "")}));
  auto six = slice("web-6", {ready("2001:db8::1", "node-b")});
  six.address_type = "IPv6";
  put(inputs.endpoint_slices, six);
  const Footing out = footing(inputs);
  EXPECT_EQ(out.local_nodes->at(net::Family::kIPv4), (Nodes{"node-a", "node-c"}));
  EXPECT_EQ(out.local_nodes->at(net::Family::kIPv6), (Nodes{"node-b"}));
  EXPECT_EQ(out.served, (std::set{net::Family::kIPv4, net::Family::kIPv6}));
}

TEST(Footing, WhereNoneIsReadyThoseThatServeAndTerminateCount) {
  Inputs inputs = local();
  put(inputs.endpoint_slices,
      slice("web-1", {draining("10.1.0.2", "node-b"), draining("10.1.0.3", "node-c")}));
  EXPECT_EQ(footing(inputs).local_nodes->at(net::Family::kIPv4), (Nodes{"node-b", "node-c"}));
  EXPECT_TRUE(footing(inputs).served.contains(net::Family::kIPv4));
}

TEST(Footing, WithoutAnEndpointTheFamilyIsNotThere) {
  Inputs inputs = local();
  EXPECT_TRUE(footing(inputs).local_nodes->empty());
  put(inputs.endpoint_slices, slice("web-1", {{{"10.1.0.1"}, false, false, true, "node-a"}}));
  EXPECT_TRUE(footing(inputs).local_nodes->empty());
  auto other_port = slice("web-2", {ready("10.1.0.1", "node-a")});
  other_port.ports.front().name = "metrics";
  put(inputs.endpoint_slices, other_port);
  EXPECT_EQ(footing(inputs), (Footing{std::map<net::Family, Nodes>{}, {}}));
}

TEST(Footing, IsKnownOfServicesOfWhichSomethingDependsOnItAlone) {
  Inputs inputs = local();
  inputs.services.at(kWeb).external_traffic_local = false;
  EXPECT_TRUE(footings(inputs, Belongings(inputs)).empty());
  inputs.virtual_ips.at(kWeb).spec.on_no_endpoints = api::OnNoEndpoints::kWithdraw;
  put(inputs.endpoint_slices, slice("web-1", {ready("10.1.0.1", "node-a")}));
  EXPECT_EQ(footing(inputs), (Footing{std::nullopt, {net::Family::kIPv4}}));
  inputs.services.clear();  // nobody knows its ports
  EXPECT_EQ(footing(inputs), Footing{});
}

// FC-05: a whole round is due at once only where it is not only a matter of real servers.
TEST(FootingFC05, ShiftsWhenTheNodesDoOrWhetherThereIsAnEndpoint) {
  Inputs inputs = local();
  const std::set<api::ObjectKey> services{kWeb, {"shop", "of-nobody"}};
  put(inputs.endpoint_slices, slice("web-1", {ready("10.1.0.1", "node-a")}));
  const auto known = footings(inputs, Belongings(inputs));
  EXPECT_FALSE(shifts(inputs, known, services));
  put(inputs.endpoint_slices, slice("web-1", {ready("10.1.0.1", "node-a"), ready("10.1.0.2", "node-a")}));
  EXPECT_FALSE(shifts(inputs, known, services));
  put(inputs.endpoint_slices, slice("web-1", {ready("10.1.0.1", "node-b")}));
  EXPECT_TRUE(shifts(inputs, known, services));
  EXPECT_FALSE(shifts(inputs, known, {{"shop", "of-nobody"}}));
  put(inputs.endpoint_slices, slice("web-1", {}));
  EXPECT_TRUE(shifts(inputs, known, services));
}

}  // namespace
}  // namespace fairlead::controller
