#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "controller/plan/inputs.h"
#include "sim/controller/server.h"

namespace fairlead::sim::cluster {

// Every kind that the controller reads.
const std::vector<std::string>& kinds();

// What one controller has read so far: of each kind the history up to a point of its own, and what cannot be
// read beside the last version that could be, as lib/apiserver/informer.h has it.
class Cache {
 public:
  // After a change of an object; with the Service it belongs to, of an EndpointSlice.
  using OnChange = std::function<void(const std::string& kind, const api::ObjectKey&)>;

  Cache(Server& server, OnChange on_change) : server_(server), on_change_(std::move(on_change)) {}

  // The kind as it was after so many changes, seen as a list; on_change of all that differs.
  void list(const std::string& kind, std::size_t upto);
  // The changes from there on, one by one. Nothing if it is there already.
  void advance(const std::string& kind, std::size_t upto);
  std::size_t at(const std::string& kind) const;

  controller::Inputs& inputs() { return inputs_; }
  // The resourceVersion as cached; empty if it is not there.
  std::string version_of(const Name& name) const;

 private:
  void take(const Change& change);
  template <class T, class Decode>
  void take_as(const Change& change, Decode decode, controller::ByKey<T>& objects,
               controller::ByKey<controller::Poisoned>* poisoned);

  Server& server_;
  OnChange on_change_;
  controller::Inputs inputs_;
  std::map<std::string, std::size_t> at_;
  std::map<Name, std::string> versions_;
};

}  // namespace fairlead::sim::cluster
