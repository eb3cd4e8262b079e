#pragma once

#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "lib/net/address.h"
#include "node/ipvs/table.h"

namespace fairlead::ipvs {

struct AddService {
  Key key;
  Service service;
  friend bool operator==(const AddService&, const AddService&) = default;
};
struct SetService {
  Key key;
  Service service;
  friend bool operator==(const SetService&, const SetService&) = default;
};
struct DeleteService {
  Key key;
  friend bool operator==(const DeleteService&, const DeleteService&) = default;
};
struct AddDestination {
  Key key;
  net::Endpoint endpoint;
  Destination destination;
  friend bool operator==(const AddDestination&, const AddDestination&) = default;
};
struct SetDestination {
  Key key;
  net::Endpoint endpoint;
  Destination destination;
  friend bool operator==(const SetDestination&, const SetDestination&) = default;
};
struct DeleteDestination {
  Key key;
  net::Endpoint endpoint;
  friend bool operator==(const DeleteDestination&, const DeleteDestination&) = default;
};
using Change =
    std::variant<AddService, SetService, DeleteService, AddDestination, SetDestination, DeleteDestination>;

const Key& key_of(const Change& change);
// The real server that is added, set or deleted; nullopt: the change is of a service.
std::optional<Server> server_of(const Change& change);
// "add service TCP 192.0.2.100:80", "delete server 10.0.0.1:80 of TCP 192.0.2.100:80".
std::string to_string(const Change& change);

// What the kernel's table cannot tell: whose the services are.
struct Ownership {
  // Services that we programmed, in this run or (checkpoint) an earlier one.
  std::set<Key> owned;
  // VIPs that leave the plan and may still be on an interface: their services stay (fixed order of
  // removal: address gone, then IPVS).
  std::set<net::IpAddress> still_held;
  friend bool operator==(const Ownership&, const Ownership&) = default;
};

struct Decision {
  // In this order: new services, each followed by its destinations; then changed services, added and
  // changed destinations; then those whose weight becomes 0; then deleted destinations; then deleted
  // services. Every prefix is safe: an existing service never lacks a destination that is in both tables,
  // nor one with a weight over 0 if both tables have one.
  std::vector<Change> changes;
  // Wanted, but there already and not ours: never taken over (FN-34), left out of `changes`.
  std::set<Key> foreign;
  friend bool operator==(const Decision&, const Decision&) = default;
};

// The ordered changes that turn `actual` into `desired`, as far as the services are ours. Services that
// are neither desired nor owned are never touched. After carrying them out the changes are empty.
Decision changes(const Table& actual, const Table& desired, const Ownership& ownership);

}  // namespace fairlead::ipvs
