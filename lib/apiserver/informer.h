#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/api/meta.h"
#include "lib/apiserver/client.h"

namespace fairlead::apiserver {

// Which objects of which kind.
struct Resource {
  std::string base;      // "/apis/fairlead.dev/v1alpha1" or "/api/v1"
  std::string plural;    // "virtualips"
  std::string kind;      // "VirtualIP"
  std::string selector;  // label selector, unescaped; empty: all
  // Bytes of a whole state, all pages of a list or a watch-list: with more it is given up (K-11, K-16).
  std::size_t largest_state = std::size_t{512} * 1024 * 1024;
  // Who wrote which field: half of a small object, and cut off where nobody asks for it.
  bool managed_fields = false;
};

// What a Reflector tells its owner, in order, on the loop.
// A replacement is one atomic step (K-21); objects are raw JSON documents as they came, but for their
// managedFields (Resource), an empty one stands for one that
// came and could not be taken (too large, or no JSON).
class ReflectorSink {
 public:
  virtual ~ReflectorSink() = default;
  virtual void replace(std::vector<std::string> objects) = 0;
  virtual void upsert(std::string object) = 0;
  virtual void remove(std::string object) = 0;  // the last known state
  // Behind a replacement: what was seen of other kinds before `since` may be of another history (FC-11).
  virtual void other_history(TimePoint since) = 0;
};

// Lists and watches one resource for ever by rules K-01..K-18, K-39, K-40 (lib/reconcile holds the pure
// parts). Starts on construction, stops on destruction.
class Reflector {
 public:
  Reflector(sys::Loop& loop, sys::Metrics& metrics, Client& client, Resource resource, ReflectorSink& sink);
  ~Reflector();
  Reflector(const Reflector&) = delete;
  Reflector& operator=(const Reflector&) = delete;

  // Asks for the whole state once more, unless it is on its way.
  void ask_anew();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// A typed cache of one resource. All members on the loop's thread.
//
// Objects that fail to decode keep their last good version out of the store's changes: they are listed in
// poisoned() with their problems and harm nobody else (K-17, FC-09, I-8). A document that does not even show
// its name may be any object: of a list with one in it nothing is taken for deleted.
//
// What Decode leaves out is no change: an object of which nothing has changed but that and its version, by a
// kubelet's heartbeat for one, is swapped without a word. objects() shows its newest version all the same.
template <class T>
class Informer : private ReflectorSink {
 public:
  using Decode = std::function<api::Decoded<T>(std::string_view)>;
  using OnChange = std::function<void(const api::ObjectKey&)>;  // added, changed, deleted or poisoned

  // (Parts that the value does without are told, and the object is a good one: Decoded::left_out.)
  struct Poisoned {
    api::ObjectMeta meta;
    std::vector<api::Problem> problems;
    T object;  // what of it could be read
  };

  // `objects`: where the cache is kept, by this informer alone, which it outlives; none: in here.
  Informer(sys::Loop& loop, sys::Metrics& metrics, Client& client, Resource resource, Decode decode,
           OnChange on_change, std::map<api::ObjectKey, T>* objects = nullptr)
      : client_(client),
        kind_(resource.plural),
        decode_(std::move(decode)),
        on_change_(std::move(on_change)),
        count_(metrics.gauge("fairlead_api_store_objects", "Objects in the cache, unreadable ones included",
                             {{"kind", resource.plural}})),
        objects_(objects == nullptr ? own_objects_ : *objects),
        reflector_(std::make_unique<Reflector>(loop, metrics, client, std::move(resource),
                                               static_cast<ReflectorSink&>(*this))) {}

  // "virtualips": the resource's plural.
  const std::string& kind() const { return kind_; }
  // True once a whole list has been seen (K-19), and that of now, where what was seen is in doubt.
  bool synced() const { return synced_; }
  // Calls `told` when the API server may have gone back in time (FC-11); then the owner of several informers
  // is to doubt() each of them, so that nothing is decided from two histories.
  void when_other_history(std::function<void(TimePoint)> told) { other_history_ = std::move(told); }
  // What was seen whole before `since` is asked for anew, and not synced() until it is there.
  void doubt(TimePoint since) {
    if (!synced_ || synced_at_ >= since) return;
    synced_ = false;
    reflector_->ask_anew();
  }
  const std::map<api::ObjectKey, T>& objects() const { return objects_; }
  const std::map<api::ObjectKey, Poisoned>& poisoned() const { return poisoned_; }

 private:
  void replace(std::vector<std::string> objects) override {
    const auto old_objects = std::exchange(objects_, {});
    const auto old_poisoned = std::exchange(poisoned_, {});
    std::vector<api::ObjectKey> changed;
    bool nameless = false;
    for (auto& document : objects) {  // each goes as soon as it is read: what is made of it takes its place
      const std::string text = std::move(document);
      nameless = !take(decode_(text), old_objects, changed) || nameless;
    }
    if (nameless) {
      for (const auto& [key, value] : old_poisoned) {
        if (!objects_.contains(key)) poisoned_.insert({key, value});
      }
      objects_.insert(old_objects.begin(), old_objects.end());
    }
    for (const auto& [key, value] : old_objects) {
      if (!objects_.contains(key) && !poisoned_.contains(key)) changed.push_back(key);
    }
    for (const auto& [key, value] : old_poisoned) {
      if (!poisoned_.contains(key)) changed.push_back(key);
    }
    synced_ = true;
    synced_at_ = sys::now();
    show_count();
    for (const auto& key : changed) {
      const auto before = old_objects.find(key);
      const auto after = objects_.find(key);
      if (before != old_objects.end() && after != objects_.end() &&
          is_another(before->second, after->second)) {
        auto successor =
            objects_.extract(after);  // K-15: first the old one is gone, then the new one is there
        on_change_(key);
        objects_.insert(std::move(successor));
      }
      on_change_(key);
    }
    on_change_(api::ObjectKey{});  // the list as such: synced, perhaps empty
  }
  void upsert(std::string object) override {
    auto next = decode_(object);
    const auto key = api::key_of(next.value.meta);
    const auto old = objects_.find(key);
    if (next.ok() && old != objects_.end() && is_another(old->second, next.value)) {
      objects_.erase(old);  // K-15
      on_change_(key);
    }
    std::vector<api::ObjectKey> changed;
    take(std::move(next), objects_, changed);
    show_count();
    for (const auto& each : changed) on_change_(each);
  }
  void remove(std::string object) override {
    const auto decoded = decode_(object);
    const auto key = api::key_of(decoded.value.meta);
    if (key.name.empty()) return tell_unreadable(decoded.value.meta, decoded.problems);
    objects_.erase(key);
    poisoned_.erase(key);
    show_count();
    on_change_(key);
  }

  void other_history(TimePoint since) override {
    if (other_history_) other_history_(since);
  }

  // Same name, deleted and made anew in between.
  static bool is_another(const T& a, const T& b) { return a.meta.uid != b.meta.uid; }
  // Nothing that is read has changed but the version. `after` is left as it is.
  static bool says_the_same(const T& before, T& after) {
    std::string version = std::exchange(after.meta.resource_version, before.meta.resource_version);
    const bool same = before == after;
    after.meta.resource_version = std::move(version);
    return same;
  }
  void show_count() {
    auto count = objects_.size();
    for (const auto& [key, value] : poisoned_) count += objects_.contains(key) ? 0 : 1;
    count_.set(static_cast<double>(count));
  }

  void tell_unreadable(const api::ObjectMeta& meta, const std::vector<api::Problem>& problems) {
    std::string what = api::to_string(api::key_of(meta));
    if (!problems.empty()) what += ": " + problems.front().path + " " + problems.front().message;
    client_.count_unreadable(kind_, what);
  }

  // Puts one document into the stores; an unreadable one keeps the version of `before`, if any. False if it
  // has no name.
  bool take(api::Decoded<T> decoded, const std::map<api::ObjectKey, T>& before,
            std::vector<api::ObjectKey>& changed) {
    const auto key = api::key_of(decoded.value.meta);
    const auto old = before.find(key);
    const auto& wrong = decoded.ok() ? decoded.left_out : decoded.problems;
    if (!wrong.empty()) tell_unreadable(decoded.value.meta, wrong);
    if (key.name.empty()) return false;
    if (!decoded.ok()) {
      if (old != before.end()) objects_.insert({key, old->second});
      const auto known = poisoned_.find(key);
      const bool same = known != poisoned_.end() && known->second.problems == decoded.problems &&
                        says_the_same(known->second.object, decoded.value);
      if (!same) changed.push_back(key);
      api::ObjectMeta meta = decoded.value.meta;
      poisoned_[key] = Poisoned{std::move(meta), std::move(decoded.problems), std::move(decoded.value)};
      return true;
    }
    const bool was_poisoned = poisoned_.erase(key) > 0;
    if (was_poisoned || old == before.end() || !says_the_same(old->second, decoded.value))
      changed.push_back(key);
    objects_.insert_or_assign(key, std::move(decoded.value));
    return true;
  }

  Client& client_;
  std::string kind_;
  Decode decode_;
  OnChange on_change_;
  sys::Gauge& count_;
  std::function<void(TimePoint)> other_history_;
  bool synced_ = false;
  TimePoint synced_at_{};
  std::map<api::ObjectKey, T> own_objects_;
  std::map<api::ObjectKey, T>& objects_;
  std::map<api::ObjectKey, Poisoned> poisoned_;
  std::unique_ptr<Reflector> reflector_;  // last: it calls back into the members above
};

}  // namespace fairlead::apiserver
