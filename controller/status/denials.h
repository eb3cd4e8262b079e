#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/plan/changes.h"
#include "controller/plan/desired.h"

// What is told of writes that the API server goes on refusing (FC-18). Of a status that is refused nothing
// can stand in it: an Event tells of that, and who depends on the object. Nor does anything stand in the
// status of a VirtualIP that is being deleted.
namespace fairlead::controller {

// An object of which a write is refused, as a message calls it, and the server's words.
struct Denied {
  std::string object;
  std::string why;
  friend bool operator==(const Denied&, const Denied&) = default;
};

// The message of reason WriteRefused: the words about the first, and how many there are more. REQUIRES: one
// at least.
std::string denied_message(const std::vector<Denied>& denied);

// The refused writes by whom they concern. Costs nothing while nothing is refused.
class Denials {
 public:
  // Takes copies of what it needs.
  Denials(const Inputs& inputs, const Desired& desired);

  // Of the VirtualIP itself, its claims and RealServerSets, the groups that it is to come into, and the
  // status of those that it is in: by its UID. What else is refused of these their GroupSummary tells.
  const std::vector<Denied>& of(const std::string& uid) const;

 private:
  void add(const Inputs& inputs, const Desired& desired, const Refusable& refused, const std::string& why);

  std::map<std::string, std::vector<Denied>> by_uid_;
};

// Why a Service does not get what it asks for, where nothing else stands against it: its VirtualIP is
// refused, or what that is made of (`denied`). Not for what is refused of a group that it is in: it is served
// there. A controller that has just begun goes on saying so (eligible.h).
std::optional<Refusal> denied_service(const Inputs& inputs, const api::Service& service,
                                      const std::vector<Denied>& denied);

// Events of VirtualIPs, Services and AddressPools whose status is refused `now`, and was not `before`, and of
// VirtualIPs that are being deleted and whose finalizer cannot go.
std::vector<Notice> denied_notices(const Inputs& inputs, const Refused& before, const Refused& now);

}  // namespace fairlead::controller
