#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/meta.h"

// The API server that the simulated controllers, nodes and users share: a value in memory, judged against the
// real one by the cases of tests/api. It knows resourceVersions and generations, preconditions, server-side
// apply as far as our writes use it, status apart from spec, finalizers, owners, and every version that there
// ever was, for caches that are behind.
namespace fairlead::sim::cluster {

using nlohmann::json;

struct Name {
  std::string kind;
  api::ObjectKey key;
  friend auto operator<=>(const Name&, const Name&) = default;
};
std::string to_string(const Name& name);

// One line of the history of a kind.
struct Change {
  Name name;
  std::string text;  // the object as it was then; of a deletion its last state
  bool deleted = false;
};

enum class Verb { kGet, kCreate, kApply, kApplyStatus, kMergePatch, kPatchStatus, kDelete };

struct Request {
  Verb verb = Verb::kGet;
  Name name;
  std::string body;
  bool by_node = false;  // an apply of a node's own entry of status.members
};
struct Answer {
  int status = 0;
  std::string body;
};

class Server {
 public:
  // Before and after; nullptr: there is none.
  using OnChange = std::function<void(const Name&, const json* before, const json* after)>;

  void when_changed(OnChange call) { on_change_ = std::move(call); }

  Answer handle(const Request& request);

  // What users and kubelets do, who meet no faults. put(): made anew if there is none of that name.
  void put(json object);
  void edit(const Name& name, const std::function<void(json&)>& change);
  void remove(const Name& name);
  // Deletes what has owners of which none is there any more.
  void collect_garbage();

  const json* find(const Name& name) const;
  const std::map<Name, json>& objects() const { return objects_; }
  const std::vector<Change>& history(const std::string& kind) { return history_[kind]; }

  void take_snapshot();
  // Back to the snapshot, resourceVersions and all. REQUIRES: take_snapshot().
  void restore();
  // Rises with each restore: caches of an earlier history are void.
  int era() const { return era_; }
  std::uint64_t writes() const { return writes_; }

 private:
  struct State {
    std::map<Name, json> objects;
    std::map<std::string, std::vector<Change>> history;
    std::uint64_t version = 0;
  };
  Answer create(const Request& request, const json& body);
  Answer apply(const Request& request, const json& body);
  Answer apply_to(const Name& name, const json& there, const json& body);
  Answer apply_status(const Request& request, const json& body);
  Answer patch_status(const Request& request, const json& body);
  Answer set_finalizers(const Request& request, const json& body);
  Answer erase(const Request& request, const json& body);
  json fresh(const Name& name, json object);
  void store(const Name& name, json object);
  void drop(const Name& name);
  void mark_deleted(const Name& name);
  std::string version_of(const Name& name) const;

  OnChange on_change_ = [](const Name&, const json*, const json*) {};
  std::map<Name, json> objects_;
  std::map<std::string, std::vector<Change>> history_;
  std::optional<State> snapshot_;
  std::uint64_t version_ = 100;
  std::uint64_t uids_ = 0;
  std::uint64_t writes_ = 0;
  int era_ = 0;
};

// "The request failed", as an API server says it.
Answer refusal(int status, std::string_view reason, const std::string& name);

}  // namespace fairlead::sim::cluster
