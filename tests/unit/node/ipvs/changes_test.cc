#include "node/ipvs/changes.h"

#include <gtest/gtest.h>

namespace fairlead::ipvs {
namespace {

Key key(const std::string& address, std::uint16_t port) {
  return {*net::parse_address(address), net::Protocol::kTcp, net::Port{port}};
}
const Key kWeb = key("192.0.2.100", 80);
const Key kTls = key("192.0.2.100", 443);
const Key kOther = key("192.0.2.101", 80);

net::Endpoint real(int host) { return *net::parse_endpoint("10.0.0." + std::to_string(host) + ":80"); }
Destination weight(std::uint32_t value) { return {Method::kMasquerade, Weight{value}, 0, 0}; }
Entry entry(const std::string& scheduler, const Destinations& destinations) {
  Entry made;
  made.service.scheduler = scheduler;
  made.destinations = destinations;
  return made;
}
Ownership owns(const std::set<Key>& keys) { return {keys, {}}; }

TEST(Changes, OfEqualTablesAreEmpty) {
  const Table table{{kWeb, entry("rr", {{real(1), weight(1)}})}};
  EXPECT_EQ(changes(table, table, owns({kWeb})), Decision{});
}

TEST(Changes, AMissingServiceIsAddedWithItsDestinations) {
  const Table wanted{{kWeb, entry("rr", {{real(1), weight(1)}, {real(2), weight(0)}})}};
  EXPECT_EQ(changes({}, wanted, owns({})).changes,
            (std::vector<Change>{AddService{kWeb, wanted.at(kWeb).service},
                                 AddDestination{kWeb, real(1), weight(1)},
                                 AddDestination{kWeb, real(2), weight(0)}}));
}

TEST(Changes, OfAServiceAloneSetIt) {
  const Table actual{{kWeb, entry("rr", {{real(1), weight(1)}})}};
  const Table wanted{{kWeb, entry("wlc", {{real(1), weight(1)}})}};
  EXPECT_EQ(changes(actual, wanted, owns({kWeb})).changes,
            (std::vector<Change>{SetService{kWeb, wanted.at(kWeb).service}}));
}

TEST(Changes, OfPersistenceSetTheService) {
  const Table actual{{kWeb, entry("rr", {{real(1), weight(1)}})}};
  Table wanted = actual;
  Service& service = wanted.at(kWeb).service;
  service = {"rr", kPersistent, Seconds{60}, make_netmask(net::Family::kIPv4, 24), ""};
  EXPECT_EQ(changes(actual, wanted, owns({kWeb})).changes, (std::vector<Change>{SetService{kWeb, service}}));
}

// Not deleted and added: its connections go on.
TEST(Changes, OfAConnectionLimitSetThatDestination) {
  const Table actual{{kWeb, entry("rr", {{real(1), {Method::kMasquerade, Weight{1}, 2, 1}}})}};
  const Destination raised{Method::kMasquerade, Weight{1}, 4, 1};
  const Table wanted{{kWeb, entry("rr", {{real(1), raised}})}};
  EXPECT_EQ(changes(actual, wanted, owns({kWeb})).changes,
            (std::vector<Change>{SetDestination{kWeb, real(1), raised}}));
}

TEST(Changes, OfAWeightSetThatDestinationAlone) {
  const Table actual{{kWeb, entry("rr", {{real(1), weight(1)}, {real(2), weight(1)}})}};
  const Table wanted{{kWeb, entry("rr", {{real(1), weight(1)}, {real(2), weight(7)}})}};
  EXPECT_EQ(changes(actual, wanted, owns({kWeb})).changes,
            (std::vector<Change>{SetDestination{kWeb, real(2), weight(7)}}));
}

// In between nobody would serve: IPVS refuses at once (datapath.md 2).
TEST(Changes, AWeightBecomesZeroAfterWhatServesInItsPlace) {
  const Table actual{{kWeb, entry("rr", {{real(1), weight(1)}, {real(3), weight(0)}})}};
  const Table wanted{{kWeb, entry("rr", {{real(1), weight(0)}, {real(2), weight(1)}, {real(3), weight(4)}})}};
  EXPECT_EQ(
      changes(actual, wanted, owns({kWeb})).changes,
      (std::vector<Change>{AddDestination{kWeb, real(2), weight(1)}, SetDestination{kWeb, real(3), weight(4)},
                           SetDestination{kWeb, real(1), weight(0)}}));
}

// libraries.md 2 and datapath.md 4: delete last, also across services.
TEST(Changes, DeletionsComeLastDestinationsBeforeServices) {
  const Table actual{{kWeb, entry("rr", {{real(1), weight(1)}})}, {kOther, entry("rr", {})}};
  const Table wanted{{kTls, entry("rr", {})}, {kWeb, entry("rr", {{real(2), weight(1)}})}};
  EXPECT_EQ(changes(actual, wanted, owns({kWeb, kOther})).changes,
            (std::vector<Change>{AddService{kTls, wanted.at(kTls).service},
                                 AddDestination{kWeb, real(2), weight(1)}, DeleteDestination{kWeb, real(1)},
                                 DeleteService{kOther}}));
}

// S-4, I-6: nothing without our mark is touched.
TEST(Changes, AServiceNeitherDesiredNorOwnedIsNotTouched) {
  const Table actual{{kOther, entry("rr", {{real(1), weight(1)}})}};
  EXPECT_EQ(changes(actual, {}, owns({})), Decision{});
}

// FN-34: a wanted key that exists and is not ours is named and left out.
TEST(Changes, AWantedServiceThatIsNotOursIsForeignAndLeftOut) {
  const Table actual{{kWeb, entry("rr", {})}};
  const Table wanted{{kOther, entry("rr", {})}, {kWeb, entry("wlc", {{real(1), weight(1)}})}};
  const Decision decision = changes(actual, wanted, owns({}));
  EXPECT_EQ(decision.foreign, (std::set<Key>{kWeb}));
  EXPECT_EQ(decision.changes, (std::vector<Change>{AddService{kOther, wanted.at(kOther).service}}));
}

// FN-34, also where the foreign service looks exactly like ours would.
TEST(Changes, AForeignServiceEqualToTheWantedOneIsStillForeign) {
  const Table table{{kWeb, entry("rr", {})}};
  EXPECT_EQ(changes(table, table, owns({})).foreign, (std::set<Key>{kWeb}));
}

// FN-36: on start what the checkpoint owns is adopted and corrected.
TEST(Changes, AnOwnedServiceIsAdoptedAndCorrected) {
  const Table actual{{kWeb, entry("rr", {{real(9), weight(1)}})}};
  const Table wanted{{kWeb, entry("rr", {{real(1), weight(1)}})}};
  const Decision decision = changes(actual, wanted, owns({kWeb}));
  EXPECT_TRUE(decision.foreign.empty());
  EXPECT_EQ(decision.changes, (std::vector<Change>{AddDestination{kWeb, real(1), weight(1)},
                                                   DeleteDestination{kWeb, real(9)}}));
}

// architecture.md 5, Remove: address gone, then IPVS.
TEST(Changes, AServiceOfAVipStillHeldIsNotDeleted) {
  const Table actual{{kWeb, entry("rr", {{real(1), weight(1)}})}};
  EXPECT_EQ(changes(actual, {}, {{kWeb}, {kWeb.address}}), Decision{});
  EXPECT_EQ(changes(actual, {}, {{kWeb}, {}}).changes, (std::vector<Change>{DeleteService{kWeb}}));
}

// datapath.md 2 and 4: the kernel answers "local" for a destination that is an address of this node.
TEST(Changes, ALocalDestinationIsNotRepairedForEver) {
  const Table actual{{kWeb, entry("rr", {{real(1), {Method::kLocal, Weight{1}, 0, 0}}})}};
  const Table wanted{{kWeb, entry("rr", {{real(1), weight(1)}})}};
  EXPECT_EQ(changes(actual, wanted, owns({kWeb})), Decision{});
}

TEST(Changes, AnotherMethodOrThresholdIsRepaired) {
  const Table wanted{{kWeb, entry("rr", {{real(1), weight(1)}})}};
  for (const Destination& odd :
       {Destination{Method::kTunnel, Weight{1}, 0, 0}, Destination{Method::kMasquerade, Weight{1}, 5, 0},
        Destination{Method::kLocal, Weight{2}, 0, 0}}) {
    const Table actual{{kWeb, entry("rr", {{real(1), odd}})}};
    EXPECT_EQ(changes(actual, wanted, owns({kWeb})).changes,
              (std::vector<Change>{SetDestination{kWeb, real(1), weight(1)}}));
  }
}

TEST(Changes, SayWhatTheyDo) {
  EXPECT_EQ(to_string(Change{AddService{kWeb, {}}}), "add service TCP 192.0.2.100:80");
  EXPECT_EQ(to_string(Change{DeleteDestination{kWeb, real(1)}}),
            "delete server 10.0.0.1:80 of TCP 192.0.2.100:80");
}

TEST(Changes, SayOfWhichServerTheyAre) {
  const std::optional<Server> first(Server{kWeb, real(1)});
  EXPECT_EQ(server_of(AddDestination{kWeb, real(1), {}}), first);
  EXPECT_EQ(server_of(SetDestination{kWeb, real(1), {}}), first);
  EXPECT_EQ(server_of(DeleteDestination{kWeb, real(1)}), first);
  for (const Change& change :
       {Change{AddService{kWeb, {}}}, Change{SetService{kWeb, {}}}, Change{DeleteService{kWeb}}}) {
    EXPECT_EQ(server_of(change), std::nullopt);
  }
}

}  // namespace
}  // namespace fairlead::ipvs
