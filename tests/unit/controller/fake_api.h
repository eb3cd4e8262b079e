#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/plan/absences.h"
#include "controller/plan/desired.h"
#include "controller/plan/newest.h"
#include "controller/status/whole_round.h"
#include "lib/base/http_code.h"

// An API server in memory, as far as the controller's writes need one: documents as JSON, resourceVersion and
// generation, preconditions, finalizers, status apart from spec. Objects come back through lib/api's
// decoders.
namespace fairlead::controller::testing {

using nlohmann::json;

class FakeApi {
 public:
  using Key = std::pair<std::string, api::ObjectKey>;  // kind, name

  // An object from outside, as a user or a node would make it.
  void add(json object) {
    auto& meta = object["metadata"];
    const Key key{object["kind"], {meta.value("namespace", ""), meta["name"]}};
    if (!meta.contains("uid")) meta["uid"] = "uid-" + lower(key.first) + "-" + key.second.name;
    if (!meta.contains("creationTimestamp")) meta["creationTimestamp"] = "2026-01-01T00:00:00Z";
    meta["generation"] = 1;
    store(key, std::move(object));
  }
  // As `kubectl delete`.
  void remove(const Key& key) {
    json& object = objects_.at(key);
    if (object["metadata"].value("finalizers", json::array()).empty()) {
      objects_.erase(key);
      return;
    }
    object["metadata"]["deletionTimestamp"] = "2026-01-01T00:01:00Z";
    store(key, object);
  }
  bool has(const Key& key) const { return objects_.contains(key); }
  json& at(const Key& key) { return objects_.at(key); }
  const std::map<Key, json>& objects() const { return objects_; }

  // What app/writer asks before a write that frees something.
  bool confirms(const Absence& absence) const {
    const auto found = objects_.find(Key{kind_of(absence.target), absence.key});
    if (found == objects_.end()) return true;
    return controller::confirms(absence, http_code::kOk, found->second.dump());
  }
  // True if the write was taken; false is a conflict, or what it frees is not gone. An apply of what is gone
  // makes it anew whatever its resourceVersion, unless it names its UID, as the real one does.
  bool carry_out(const Write& write) {
    for (const auto& absence : write.absences) {
      if (!confirms(absence)) return false;
    }
    const Key key{kind_of(write.target), write.key};
    const auto found = objects_.find(key);
    const std::string version = found == objects_.end() ? "" : found->second["metadata"]["resourceVersion"];
    const json body = json::parse(write.body);
    const bool is_new = found == objects_.end() && write.verb == Verb::kApply;
    if (is_new && body["metadata"].contains("uid")) return false;
    if (!is_new && version != write.resource_version) return false;
    switch (write.verb) {
      case Verb::kCreate:
        apply(key, body);
        break;
      case Verb::kApply:
        apply(key, body);
        break;
      case Verb::kApplyStatus:
        apply_status(key, body);
        break;
      case Verb::kMergePatch:
        set_finalizers(key, body["metadata"]["finalizers"]);
        break;
      case Verb::kRemoveEntries:
      case Verb::kPutBack:
        store(key, found->second.patch(body));
        break;
      case Verb::kDelete:
        if (body["preconditions"]["uid"] != found->second["metadata"]["uid"]) return false;
        remove(key);
        break;
    }
    return true;
  }

  Inputs inputs() const {
    Inputs out;
    read("VirtualIP", api::decode_virtual_ip, out.virtual_ips, &out.poisoned_virtual_ips);
    read("AddressPool", api::decode_address_pool, out.pools, &out.poisoned_pools);
    read("AddressClaim", api::decode_address_claim, out.claims, &out.poisoned_claims);
    read("Namespace", api::decode_namespace, out.namespaces, nullptr);
    read("Service", api::decode_service, out.services, &out.poisoned_services);
    read("EndpointSlice", api::decode_endpoint_slice, out.endpoint_slices, nullptr);
    read("Node", api::decode_node, out.nodes, nullptr);
    read("NodeReport", api::decode_node_report, out.node_reports, nullptr);
    read("VRRPGroup", api::decode_vrrp_group, out.groups, &out.poisoned_groups);
    read("RealServerSet", api::decode_real_server_set, out.sets, &out.poisoned_sets);
    return out;
  }

 private:
  static std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
  }
  static std::string kind_of(Target target) {
    switch (target) {
      case Target::kVirtualIP:
        return "VirtualIP";
      case Target::kAddressClaim:
        return "AddressClaim";
      case Target::kVRRPGroup:
        return "VRRPGroup";
      case Target::kRealServerSet:
        return "RealServerSet";
      case Target::kAddressPool:
        return "AddressPool";
      case Target::kService:
        return "Service";
      case Target::kNodeReport:
        return "NodeReport";
      case Target::kNode:
        return "Node";
    }
    return "";
  }

  void store(const Key& key, json object) {
    object["metadata"]["resourceVersion"] = std::to_string(++version_);
    objects_.insert_or_assign(key, std::move(object));
  }
  void apply(const Key& key, const json& body) {
    const bool is_new = !objects_.contains(key);
    json object = is_new ? body : objects_.at(key);
    json& meta = object["metadata"];
    if (is_new) {
      meta["uid"] = "uid-" + lower(key.first) + "-" + key.second.name;
      meta["creationTimestamp"] = "2026-01-01T00:00:30Z";
      meta["generation"] = 1;
    } else {
      for (const std::string field : {"labels", "annotations", "ownerReferences", "finalizers"}) {
        const bool keep = !body["metadata"].contains(field) && !body.contains("spec");
        if (keep) continue;
        meta.erase(field);
        if (body["metadata"].contains(field)) meta[field] = body["metadata"][field];
      }
      if (body.contains("spec") && object["spec"] != body["spec"]) {
        object["spec"] = body["spec"];
        meta["generation"] = meta["generation"].get<int>() + 1;
      }
    }
    store(key, std::move(object));
  }
  void apply_status(const Key& key, const json& body) {
    json object = objects_.at(key);
    json members = object.contains("status") && object["status"].contains("members")
                       ? object["status"]["members"]
                       : json();
    object["status"] = body.value("status", json::object());
    if (key.first == "Service") note_manager(body.contains("status"), object["metadata"]);
    if (!members.is_null()) object["status"]["members"] = members;
    store(key, std::move(object));
  }
  // Server-side apply: a manager stands there as long as it has fields.
  static void note_manager(bool has_fields, json& meta) {
    meta.erase("managedFields");
    if (has_fields) meta["managedFields"] = {{{"manager", "fairlead-controller"}, {"subresource", "status"}}};
  }
  void set_finalizers(const Key& key, const json& finalizers) {
    json object = objects_.at(key);
    object["metadata"]["finalizers"] = finalizers;
    const bool gone = finalizers.empty() && object["metadata"].contains("deletionTimestamp");
    if (gone) {
      objects_.erase(key);
    } else {
      store(key, std::move(object));
    }
  }
  template <class T, class Decode>
  void read(const std::string& kind, Decode decode, ByKey<T>& out, ByKey<Poisoned>* poisoned) const {
    for (const auto& [key, object] : objects_) {
      if (key.first != kind) continue;
      auto decoded = decode(object.dump());
      if (decoded.ok()) {
        out.insert({key.second, std::move(decoded.value)});
      } else if (poisoned != nullptr) {
        poisoned->insert({key.second, poisoned_from(decoded.value.meta, decoded.problems, decoded.value)});
      }
    }
  }

  std::map<Key, json> objects_;
  int version_ = 0;
};

// The controller without its shell: rounds of snapshot, decision and writes.
class Rounds {
 public:
  explicit Rounds(FakeApi& api) : api_(api) {}

  // One round, of which at most `most` writes are carried out. The number of writes it wanted.
  std::size_t round(std::size_t most) {
    const auto writes = plan();
    carry_out(writes, most);
    return writes.size();
  }
  // The two halves of a round: between them others may write.
  std::vector<Write> plan() {
    Inputs inputs = api_.inputs();
    inputs.settings = settings_;
    inputs.memory = memory_;
    inputs.now = now_;
    WholeRound decided = whole_round(inputs, claims_, WallTime(Seconds(1767225600)));
    memory_ = std::move(decided.memory);
    claims_ = std::move(decided.claims);
    return std::move(decided.writes);
  }
  void carry_out(const std::vector<Write>& writes, std::size_t most) {
    std::set<std::pair<Target, api::ObjectKey>> touched;
    for (std::size_t i = 0; i < writes.size() && i < most; ++i) {
      if (!touched.insert({writes[i].target, writes[i].key}).second) continue;  // as app/writer does
      if (!api_.carry_out(writes[i])) continue;
      for (const auto& notice : writes[i].notices) notices_.push_back(notice);
      if (on_write_) on_write_(writes[i]);
    }
  }
  // Until there is nothing to write; false if that takes more than 20 rounds.
  bool settle() {
    for (int i = 0; i < 20; ++i) {
      if (round(SIZE_MAX) == 0) return true;
    }
    return false;
  }
  void set(const Settings& settings) { settings_ = settings; }
  void pass(Seconds time) { now_ += time; }
  // A new process: it remembers nothing.
  void restart() {
    memory_ = {};
    claims_ = {};
  }
  void on_write(std::function<void(const Write&)> call) { on_write_ = std::move(call); }
  const std::vector<Notice>& notices() const { return notices_; }

 private:
  FakeApi& api_;
  Settings settings_;
  Memory memory_;
  ClaimsMemory claims_;
  TimePoint now_{Seconds(1000)};
  std::vector<Notice> notices_;
  std::function<void(const Write&)> on_write_;
};

}  // namespace fairlead::controller::testing
