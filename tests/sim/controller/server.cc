#include "sim/controller/server.h"

#include <algorithm>
#include <set>
#include <utility>

namespace fairlead::sim::cluster {
namespace {

constexpr int kOk = 200;
constexpr int kCreated = 201;
constexpr int kNotFound = 404;
constexpr int kConflict = 409;
constexpr int kInvalid = 422;
constexpr const char* kDeleted = "2026-01-01T23:00:00Z";

// One second apart, in the order in which they were made.
std::string made_at(std::uint64_t number) {
  return to_rfc3339(WallTime(Seconds(1767225600 + static_cast<std::int64_t>(number))));
}

std::string text_at(const json& object, const std::string& field) {
  return object.contains("metadata") ? object["metadata"].value(field, "") : "";
}

Answer answer(int status, const json& object) { return {status, object.dump()}; }
Answer conflict(const Name& name) { return refusal(kConflict, "Conflict", name.key.name); }
Answer not_found(const Name& name) { return refusal(kNotFound, "NotFound", name.key.name); }

bool is_deleting(const json& object) { return object["metadata"].contains("deletionTimestamp"); }

// The one writer of a field of metadata gives up what it leaves out.
void apply_metadata(const json& body, json& object) {
  for (const std::string field : {"labels", "annotations", "ownerReferences", "finalizers"}) {
    const bool given = body["metadata"].contains(field);
    if (!given && !body.contains("spec")) continue;  // the finalizer alone
    object["metadata"].erase(field);
    if (given) object["metadata"][field] = body["metadata"][field];
  }
}

// status.members is a list by node, of which each writes its own entry.
json merged_members(const json& there, const json& given) {
  json out = json::array();
  std::set<std::string> ours;
  for (const auto& entry : given) ours.insert(entry["node"].get<std::string>());
  for (const auto& entry : there) {
    if (!ours.contains(entry["node"].get<std::string>())) out.push_back(entry);
  }
  for (const auto& entry : given) out.push_back(entry);
  return out;
}

// Server-side apply: a manager stands in managedFields as long as it has fields.
void note_manager(bool has_fields, json& meta) {
  meta.erase("managedFields");
  if (has_fields) meta["managedFields"] = {{{"manager", "fairlead-controller"}, {"subresource", "status"}}};
}

}  // namespace

std::string to_string(const Name& name) { return name.kind + " " + api::to_string(name.key); }

Answer refusal(int status, std::string_view reason, const std::string& name) {
  const json body{{"kind", "Status"}, {"apiVersion", "v1"}, {"status", "Failure"},        {"code", status},
                  {"reason", reason}, {"message", reason},  {"details", {{"name", name}}}};
  return {status, body.dump()};
}

const json* Server::find(const Name& name) const {
  const auto found = objects_.find(name);
  return found == objects_.end() ? nullptr : &found->second;
}

std::string Server::version_of(const Name& name) const {
  const json* there = find(name);
  return there == nullptr ? "" : text_at(*there, "resourceVersion");
}

Answer Server::handle(const Request& request) {
  const json* there = find(request.name);
  if (request.verb == Verb::kGet) return there == nullptr ? not_found(request.name) : answer(kOk, *there);
  const json body = json::parse(request.body);
  switch (request.verb) {
    case Verb::kCreate:
      return create(request, body);
    case Verb::kApply:
      return apply(request, body);
    case Verb::kApplyStatus:
      return apply_status(request, body);
    case Verb::kMergePatch:
      return set_finalizers(request, body);
    case Verb::kPatchStatus:
      return patch_status(request, body);
    default:
      return erase(request, body);
  }
}

Answer Server::create(const Request& request, const json& body) {
  if (find(request.name) != nullptr) return refusal(kConflict, "AlreadyExists", request.name.key.name);
  store(request.name, fresh(request.name, body));
  return answer(kCreated, objects_.at(request.name));
}

// Of an object that is gone the resourceVersion is no guard: the apply makes it anew. The UID is one.
Answer Server::apply(const Request& request, const json& body) {
  const json* there = find(request.name);
  const std::string uid = text_at(body, "uid");
  if (there == nullptr) {
    if (!uid.empty()) return conflict(request.name);
    store(request.name, fresh(request.name, body));
    return answer(kCreated, objects_.at(request.name));
  }
  const std::string version = text_at(body, "resourceVersion");
  if (!version.empty() && version != text_at(*there, "resourceVersion")) return conflict(request.name);
  if (!uid.empty() && uid != text_at(*there, "uid"))
    return refusal(kInvalid, "Invalid", request.name.key.name);
  return apply_to(request.name, *there, body);
}

Answer Server::apply_to(const Name& name, const json& there, const json& body) {
  json object = there;
  apply_metadata(body, object);
  if (body.contains("spec") && object["spec"] != body["spec"]) {
    object["spec"] = body["spec"];
    object["metadata"]["generation"] = there["metadata"]["generation"].get<int>() + 1;
  }
  if (object != there) store(name, std::move(object));
  return answer(kOk, objects_.at(name));
}

Answer Server::apply_status(const Request& request, const json& body) {
  const json* there = find(request.name);
  if (there == nullptr) return not_found(request.name);
  const std::string version = text_at(body, "resourceVersion");
  if (!version.empty() && version != text_at(*there, "resourceVersion")) return conflict(request.name);
  json object = *there;
  const json before = there->value("status", json::object());
  json status = body.value("status", json::object());
  const json members = before.value("members", json::array());
  if (request.by_node) {
    const json given = status.value("members", json::array());
    status = before;
    status["members"] = merged_members(members, given);
  } else if (!members.empty()) {
    status["members"] = members;
  }
  object["status"] = std::move(status);
  if (request.name.kind == "Service") note_manager(body.contains("status"), object["metadata"]);
  if (object != *there) store(request.name, std::move(object));
  return answer(kOk, objects_.at(request.name));
}

// A JSON patch, whose tests of what is there may fail.
Answer Server::patch_status(const Request& request, const json& body) {
  const json* there = find(request.name);
  if (there == nullptr) return not_found(request.name);
  json object = *there;
  try {
    object = object.patch(body);
  } catch (const json::exception&) {
    return refusal(kInvalid, "Invalid", request.name.key.name);
  }
  if (text_at(object, "resourceVersion") != text_at(*there, "resourceVersion")) return conflict(request.name);
  if (object != *there) store(request.name, std::move(object));
  return answer(kOk, objects_.at(request.name));
}

Answer Server::set_finalizers(const Request& request, const json& body) {
  const json* there = find(request.name);
  if (there == nullptr) return not_found(request.name);
  const std::string version = text_at(body, "resourceVersion");
  if (!version.empty() && version != text_at(*there, "resourceVersion")) return conflict(request.name);
  json object = *there;
  object["metadata"]["finalizers"] = body["metadata"]["finalizers"];
  const bool gone = object["metadata"]["finalizers"].empty() && is_deleting(object);
  const Answer out = answer(kOk, object);
  if (gone) {
    drop(request.name);
    return out;
  }
  store(request.name, std::move(object));
  return answer(kOk, objects_.at(request.name));
}

Answer Server::erase(const Request& request, const json& body) {
  const json* there = find(request.name);
  if (there == nullptr) return not_found(request.name);
  const json conditions = body.value("preconditions", json::object());
  for (const std::string field : {"uid", "resourceVersion"}) {
    if (conditions.contains(field) && conditions[field] != text_at(*there, field))
      return conflict(request.name);
  }
  const Answer out = answer(kOk, *there);
  mark_deleted(request.name);
  return out;
}

void Server::put(json object) {
  const auto& meta = object["metadata"];
  const Name name{object["kind"], {meta.value("namespace", ""), meta["name"]}};
  if (find(name) != nullptr) {
    edit(name, [&](json& there) { there["spec"] = object["spec"]; });
  } else {
    store(name, fresh(name, std::move(object)));
  }
}

void Server::edit(const Name& name, const std::function<void(json&)>& change) {
  const json* there = find(name);
  if (there == nullptr) return;
  json object = *there;
  change(object);
  if (object == *there) return;
  const bool grows = object.value("spec", json()) != there->value("spec", json());
  if (grows) object["metadata"]["generation"] = there->at("metadata")["generation"].get<int>() + 1;
  store(name, std::move(object));
}

void Server::remove(const Name& name) {
  if (find(name) != nullptr) mark_deleted(name);
}

void Server::mark_deleted(const Name& name) {
  json object = objects_.at(name);
  json& meta = object["metadata"];
  if (meta.value("finalizers", json::array()).empty()) return drop(name);
  if (is_deleting(object)) return;
  meta["deletionTimestamp"] = kDeleted;
  meta["generation"] = meta["generation"].get<int>() + 1;  // as the real one does
  store(name, std::move(object));
}

void Server::collect_garbage() {
  std::set<std::string> there;
  for (const auto& [name, object] : objects_) there.insert(text_at(object, "uid"));
  std::vector<Name> orphans;
  for (const auto& [name, object] : objects_) {
    const auto owners = object["metadata"].value("ownerReferences", json::array());
    const bool owned = std::any_of(owners.begin(), owners.end(), [&](const json& owner) {
      return there.contains(owner["uid"].get<std::string>());
    });
    if (!owners.empty() && !owned) orphans.push_back(name);
  }
  for (const auto& name : orphans) remove(name);
}

json Server::fresh(const Name& name, json object) {
  json& meta = object["metadata"];
  object["kind"] = name.kind;
  meta["uid"] = "uid-" + std::to_string(++uids_);
  meta["generation"] = 1;
  meta["creationTimestamp"] = made_at(uids_);
  return object;
}

void Server::store(const Name& name, json object) {
  ++writes_;
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  history_[name.kind].push_back({name, object.dump(), false});
  const auto found = objects_.find(name);
  if (found == objects_.end()) {
    const json& made = objects_.insert({name, std::move(object)}).first->second;
    return on_change_(name, nullptr, &made);
  }
  const json before = std::exchange(found->second, std::move(object));
  on_change_(name, &before, &found->second);
}

void Server::drop(const Name& name) {
  ++writes_;
  ++version_;
  const json before = objects_.at(name);
  objects_.erase(name);
  history_[name.kind].push_back({name, before.dump(), true});
  on_change_(name, &before, nullptr);
}

void Server::take_snapshot() { snapshot_ = State{objects_, history_, version_}; }

void Server::restore() {
  objects_ = snapshot_->objects;
  history_ = snapshot_->history;
  version_ = snapshot_->version;
  ++era_;
}

}  // namespace fairlead::sim::cluster
