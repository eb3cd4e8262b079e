#pragma once

#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/reconcile/reflector.h"

// For reflector.cc: an API server of one kind that says the truth, slowly, and forgets its history.
namespace fairlead::reconcile {

class TrueServer {
 public:
  bool watch_lists = false;
  std::uint64_t version = 10;
  std::map<std::string, std::uint64_t> objects;  // name -> version of its last change

  static std::string document(const std::string& name, std::uint64_t at) {
    return R"({"kind":"VirtualIP","metadata":{"name":")" + name + R"(","resourceVersion":")" +
           std::to_string(at) + "\"}}";
  }
  static WatchLine line(const std::string& type, const std::string& document) {
    return {R"({"type":")" + type + R"(","object":)" + document + "}"};
  }

  void put(const std::string& name) {
    const bool there = objects.contains(name);
    objects[name] = ++version;
    history_.push_back({version, there ? "MODIFIED" : "ADDED", name});
  }
  void remove(const std::string& name) {
    if (objects.erase(name) > 0) history_.push_back({++version, "DELETED", name});
  }
  // Whoever resumes from before now is told that it is gone.
  void forget() { oldest_ = version; }

  // A list or watch begins.
  void begin(bool watch, const std::string& query) {
    watching = watch;
    sent_ = version_of(query);
    pending_.clear();
    initial = watch && query.find("sendInitialEvents=true") != std::string::npos;
    if (!initial) return;
    for (const auto& [name, at] : objects) pending_.push_back(line("ADDED", document(name, at)));
    pending_.push_back({R"({"type":"BOOKMARK","object":{"kind":"VirtualIP","metadata":{"resourceVersion":")" +
                        std::to_string(version) +
                        R"(","annotations":{"k8s.io/initial-events-end":"true"}}}})"});
    sent_ = version;
  }
  bool watching = false;
  bool initial = false;

  // Why what was asked for cannot be given; nullopt: it can.
  std::optional<Failed> refusal() const {
    if (initial && !watch_lists) return failed(422);
    if (watching && sent_ < oldest_) return failed(410);
    return std::nullopt;
  }
  // The next line of the watch; nullopt: nothing has happened.
  std::optional<WatchLine> next() {
    if (!pending_.empty()) {
      auto out = pending_.front();
      pending_.erase(pending_.begin());
      return out;
    }
    for (const auto& change : history_) {
      if (change.at <= sent_) continue;
      sent_ = change.at;
      return line(change.type, document(change.name, change.at));
    }
    return std::nullopt;
  }
  WatchLine bookmark() const { return line("BOOKMARK", document("", sent_)); }

  static Failed failed(int status) {
    Failed out;
    out.http_status = status;
    out.status.code = status;
    return out;
  }

 private:
  struct Change {
    std::uint64_t at;
    std::string type;
    std::string name;
  };
  static std::uint64_t version_of(const std::string& query) {
    const std::string name = "&resourceVersion=";
    const auto at = ("&" + query).find(name);
    return at == std::string::npos ? 0 : std::strtoull(("&" + query).c_str() + at + name.size(), nullptr, 10);
  }

  std::vector<Change> history_;
  std::vector<WatchLine> pending_;
  std::uint64_t sent_ = 0;  // the watch has told all up to here
  std::uint64_t oldest_ = 0;
};

}  // namespace fairlead::reconcile
