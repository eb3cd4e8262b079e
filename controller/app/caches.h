#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "controller/plan/changes.h"
#include "controller/plan/inputs.h"
#include "lib/apiserver/informer.h"

namespace fairlead::controller {

// The informers of every kind the controller reads. All members on the loop's thread.
class Caches {
 public:
  struct Listener {
    // After each change of an object that is no EndpointSlice, with its kind, none for one that nobody here
    // writes; or when a list has been seen, without a name.
    std::function<void(std::optional<Target>, const api::ObjectKey&)> on_change;
    // After a change of an EndpointSlice: the Service that it belongs to, and did belong to, one by one,
    // where a VirtualIP names it.
    std::function<void(const api::ObjectKey&)> on_endpoints;
    // After a change of a Service or a Namespace that nothing of ours depends on (plan/concern.h).
    std::function<void()> on_aside;
  };
  Caches(sys::Loop& loop, sys::Metrics& metrics, apiserver::Client& client, const Settings& settings,
         Listener listener);

  // True once every kind has been listed whole (K-19), and each since the API server may have gone back in
  // time (FC-11): what is decided from objects of two histories may give one address to two groups.
  bool synced() const { return unsynced().empty(); }
  // The kinds that have not been listed yet: "virtualips", ...
  std::vector<std::string> unsynced() const;

  // Everything that is needed (plan/needed.h), as it is until the loop goes on: 10,000 Services are not
  // copied for each round. Memory and now are the caller's to fill.
  Inputs& inputs();

  // The resourceVersion of the object as cached; empty if it is not there.
  std::string version_of(Target target, const api::ObjectKey& key) const;

 private:
  void doubt(TimePoint since);
  void slice_changed(const api::ObjectKey& key);
  void service_changed(const api::ObjectKey& key);
  void namespace_changed(const api::ObjectKey& key);
  // Every informer there is.
  template <class Self, class Do>
  static void for_each(Self& self, Do work);

  Inputs inputs_;  // first: the informers keep their objects in it
  Listener listener_;
  apiserver::Informer<api::VirtualIP> virtual_ips_;
  apiserver::Informer<api::AddressPool> pools_;
  apiserver::Informer<api::AddressClaim> claims_;
  apiserver::Informer<api::Service> services_;
  apiserver::Informer<api::EndpointSlice> endpoint_slices_;
  apiserver::Informer<api::Namespace> namespaces_;
  apiserver::Informer<api::Node> nodes_;
  apiserver::Informer<api::NodeReport> node_reports_;
  apiserver::Informer<api::VRRPGroup> groups_;
  apiserver::Informer<api::RealServerSet> sets_;
};

}  // namespace fairlead::controller
