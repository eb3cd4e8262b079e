#include "controller/plan/backends.h"

#include <gtest/gtest.h>

#include "unit/controller/builders.h"

// api.md, VirtualIP; kubernetes.md 1, "Endpoints come from EndpointSlice only".
namespace fairlead::controller {
namespace {

using namespace testing;

api::VirtualIP of_service() {
  auto out = vip("web", "192.0.2.100");
  out.spec.servers.clear();
  out.spec.ports.clear();
  out.spec.service = "web";
  return out;
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
Inputs with_service() {
  Inputs inputs = three_nodes();
  put(inputs.services, service("web", ""));
  return inputs;
}
Backends behind(const Inputs& inputs, const api::VirtualIP& object) {
  return backends(inputs, Belongings(inputs), object, ip("192.0.2.100"));
}
std::vector<api::RealServer> reals(const Inputs& inputs) {
  return behind(inputs, of_service()).virtual_servers.front().reals;
}

TEST(Backends, EveryServerStandsBehindEveryPort) {
  auto object = vip("web", "192.0.2.100");
  object.spec.scheduler = api::Scheduler::kRr;
  object.spec.ports.push_back({"dns", net::Port(53), {}, net::Protocol::kUdp});
  object.spec.servers[1].port = net::Port(9000);
  object.spec.servers[1].weight = api::Weight(5);
  const auto out = behind({}, object).virtual_servers;
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].port, net::Port(80));
  EXPECT_EQ(out[0].scheduler, api::Scheduler::kRr);
  EXPECT_EQ(out[0].reals[0].port, net::Port(8080));  // targetPort
  EXPECT_EQ(out[0].reals[1].port, net::Port(9000));  // the server's own
  EXPECT_EQ(out[0].reals[1].weight, api::Weight(5));
  EXPECT_EQ(out[1].protocol, net::Protocol::kUdp);
  EXPECT_EQ(out[1].reals[0].port, net::Port(53));  // the port itself
}

// api.md, healthChecks: "computed: none for Pods (readiness is the truth); one tcp for servers".
TEST(Backends, MachinesAreCheckedByTcpUnlessTheObjectSaysOtherwise) {
  auto object = vip("web", "192.0.2.100");
  object.spec.ports.push_back({"dns", net::Port(53), {}, net::Protocol::kUdp});
  const auto standard = behind({}, object).virtual_servers;
  EXPECT_EQ(standard[0].health_checks, std::vector{api::HealthCheck{}});
  EXPECT_TRUE(standard[1].health_checks.empty());  // nothing listens for TCP there
  EXPECT_EQ(standard[0].on_unhealthy, api::OnUnhealthy::kDrain);

  object.spec.health_checks.emplace();
  for (const auto& server : behind({}, object).virtual_servers) {
    EXPECT_TRUE(server.health_checks.empty());
  }
  api::HealthCheck own;
  own.port = net::Port(8081);
  object.spec.health_checks = {own};
  object.spec.on_unhealthy = api::OnUnhealthy::kRemove;
  for (const auto& server : behind({}, object).virtual_servers) {
    EXPECT_EQ(server.health_checks, std::vector{own});
    EXPECT_EQ(server.on_unhealthy, api::OnUnhealthy::kRemove);
  }
}

// Of machines and of Pods.
TEST(Backends, EveryVirtualServerHasTheTrafficOfTheObject) {
  api::Traffic traffic;
  traffic.persistence = api::Persistence{Seconds(60), 24};
  traffic.connection_limits = {100, 50};
  auto machines = vip("web", "192.0.2.100");
  machines.spec.ports.push_back({"dns", net::Port(53), {}, net::Protocol::kUdp});
  machines.spec.traffic = traffic;
  const auto servers = behind({}, machines).virtual_servers;
  ASSERT_EQ(servers.size(), 2U);
  for (const auto& server : servers) EXPECT_EQ(server.traffic, traffic);

  auto pods = of_service();
  pods.spec.traffic = traffic;
  EXPECT_EQ(behind(with_service(), pods).virtual_servers.at(0).traffic, traffic);
}

TEST(Backends, PodsAreCheckedOnlyIfTheObjectSaysSo) {
  const Inputs inputs = with_service();
  auto object = of_service();
  EXPECT_TRUE(behind(inputs, object).virtual_servers[0].health_checks.empty());
  object.spec.health_checks = {api::HealthCheck{}};
  EXPECT_EQ(behind(inputs, object).virtual_servers[0].health_checks, std::vector{api::HealthCheck{}});
}

TEST(Backends, DelegateHasNone) {
  auto object = vip("web", "192.0.2.100");
  object.spec.forwarding = api::Forwarding::kDelegate;
  EXPECT_TRUE(behind({}, object).virtual_servers.empty());
}

// Those that terminate are listed until their Pods are gone, so that nodes can tell these from others.
TEST(Backends, ReadyEndpointsHaveWeightOneAndDrainingOnesZero) {
  Inputs inputs = with_service();
  put(inputs.endpoint_slices, slice("web-1", {{{"10.1.0.1"}, true, true, false, "node-a"},
                                              {{"10.1.0.2"}, false, true, true, "node-b"},
                                              {{"10.1.0.3"}, false, false, true, "node-b"},
                                              {{"10.1.0.4"}, false, true, false, "node-c"}}));
  const std::vector<api::RealServer> wanted{
      {ip("10.1.0.1"), net::Port(8080), api::Weight(1), "node-a", api::RealState::kReady},
      {ip("10.1.0.2"), net::Port(8080), api::Weight(0), "node-b", api::RealState::kDraining},
      {ip("10.1.0.3"), net::Port(8080), api::Weight(0), "node-b", api::RealState::kDraining}};
  EXPECT_EQ(reals(inputs), wanted);
}

// KEP-1669: a rolling update of one Pod leaves nothing else for a moment. They terminate all the same: nodes
// have to know that those that are not listed any more are gone.
TEST(Backends, WhereNoneIsReadyThoseThatStillServeTakeNewConnections) {
  Inputs inputs = with_service();
  put(inputs.endpoint_slices, slice("web-1", {{{"10.1.0.2"}, false, true, true, "node-b"},
                                              {{"10.1.0.3"}, false, false, true, "node-b"},
                                              {{"10.1.0.4"}, false, true, false, "node-c"}}));
  const std::vector<api::RealServer> wanted{
      {ip("10.1.0.2"), net::Port(8080), api::Weight(1), "node-b", api::RealState::kDraining},
      {ip("10.1.0.3"), net::Port(8080), api::Weight(0), "node-b", api::RealState::kDraining}};
  EXPECT_EQ(reals(inputs), wanted);
}

// externalTrafficPolicy: Local.
TEST(Backends, OfAServiceWithLocalTheNodesAreToldAndEachNodeFallsBackForItself) {
  Inputs inputs = with_service();
  EXPECT_EQ(behind(inputs, of_service()).virtual_servers.front().external_traffic_policy,
            api::ExternalTrafficPolicy::kCluster);
  inputs.services.at({"shop", "web"}).external_traffic_local = true;
  put(inputs.endpoint_slices, slice("web-1", {{{"10.1.0.1"}, true, true, false, "node-a"},
                                              {{"10.1.0.2"}, false, true, true, "node-a"},
                                              {{"10.1.0.3"}, false, true, true, "node-b"}}));
  EXPECT_EQ(behind(inputs, of_service()).virtual_servers.front().external_traffic_policy,
            api::ExternalTrafficPolicy::kLocal);
  const std::vector<api::RealServer> wanted{
      {ip("10.1.0.1"), net::Port(8080), api::Weight(1), "node-a", api::RealState::kReady},
      {ip("10.1.0.2"), net::Port(8080), api::Weight(0), "node-a", api::RealState::kDraining},
      {ip("10.1.0.3"), net::Port(8080), api::Weight(1), "node-b", api::RealState::kDraining}};
  EXPECT_EQ(reals(inputs), wanted);
}

TEST(Backends, AllSlicesOfTheServiceCountAndNoOthers) {
  Inputs inputs = with_service();
  put(inputs.endpoint_slices, slice("web-1", {{{"10.1.0.1"}, true, true, false, ""}}));
  put(inputs.endpoint_slices, slice("web-2", {{{"10.1.0.2"}, true, true, false, ""}}));
  auto foreign = slice("other-1", {{{"10.1.0.3"}, true, true, false, ""}});
  foreign.service_name = "other";
  put(inputs.endpoint_slices, foreign);
  auto elsewhere = slice("web-1", {{{"10.1.0.4"}, true, true, false, ""}});
  elsewhere.meta.namespace_name = "default";
  put(inputs.endpoint_slices, elsewhere);
  auto sixth = slice("web-6", {{{"2001:db8::1"}, true, true, false, ""}});
  sixth.address_type = "IPv6";
  put(inputs.endpoint_slices, sixth);
  EXPECT_EQ(reals(inputs).size(), 2U);
}

TEST(Backends, AnEndpointInTwoSlicesIsListedOnceAndReadyIfEitherSaysSo) {
  Inputs inputs = with_service();
  put(inputs.endpoint_slices, slice("web-1", {{{"10.1.0.1"}, false, true, true, ""}}));
  put(inputs.endpoint_slices, slice("web-2", {{{"10.1.0.1"}, true, true, false, ""}}));
  ASSERT_EQ(reals(inputs).size(), 1U);
  EXPECT_EQ(reals(inputs).front().weight, api::Weight(1));
}

TEST(Backends, ASlicesPortIsFoundByNameAndProtocol) {
  Inputs inputs = with_service();
  auto& ports = inputs.services.at({"shop", "web"}).ports;
  ports.push_back({"metrics", net::Port(90), net::Protocol::kTcp});
  ports.push_back({"http", net::Port(80), net::Protocol::kUdp});
  auto both = slice("web-1", {{{"10.1.0.1"}, true, true, false, ""}});
  both.ports.push_back({"metrics", net::Port(9090), net::Protocol::kTcp});
  put(inputs.endpoint_slices, both);
  const auto servers = behind(inputs, of_service()).virtual_servers;
  ASSERT_EQ(servers.size(), 3U);
  EXPECT_EQ(servers[0].reals.front().port, net::Port(8080));
  EXPECT_EQ(servers[1].reals.front().port, net::Port(9090));
  EXPECT_TRUE(servers[2].reals.empty());
}

// onNoEndpoints Reject: a virtual server without real servers refuses.
TEST(Backends, WithoutEndpointsTheVirtualServersStay) {
  const auto out = behind(with_service(), of_service());
  ASSERT_EQ(out.virtual_servers.size(), 1U);
  EXPECT_TRUE(out.virtual_servers.front().reals.empty());
}

TEST(Backends, AMissingServiceIsSaid) {
  const auto out = behind(three_nodes(), of_service());
  EXPECT_TRUE(out.virtual_servers.empty());
  EXPECT_EQ(out.problem, "Service shop/web does not exist");
}

}  // namespace
}  // namespace fairlead::controller
