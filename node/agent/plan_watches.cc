// The half of PlanSource that watches the API server.
#include <utility>

#include "lib/base/text.h"
#include "node/agent/plan_source.h"

namespace fairlead::agent {
namespace {

constexpr const char* kBase = "/apis/fairlead.dev/v1alpha1";
constexpr std::size_t kLongestLabel = 63;

template <class Store>
std::set<api::ObjectKey> keys(const Store& store) {
  std::set<api::ObjectKey> out;
  for (const auto& [key, value] : store) out.insert(key);
  return out;
}

}  // namespace

bool PlanSource::synced() const { return groups_ && groups_->synced(); }

const std::map<api::ObjectKey, api::VRRPGroup>& PlanSource::groups() const {
  static const std::map<api::ObjectKey, api::VRRPGroup> kNone;
  return groups_ ? groups_->objects() : kNone;
}

// Empty without a group: `in ()` would select the empty label.
std::string PlanSource::set_selector() const {
  std::set<api::ObjectKey> names = keys(groups_->objects());
  names.merge(keys(groups_->poisoned()));
  std::vector<std::string> labels;
  for (const auto& key : names) labels.push_back(api::cut_name(key.name, kLongestLabel));
  return labels.empty() ? "" : "fairlead.dev/group in (" + join(labels, ",") + ")";
}

std::unique_ptr<PlanSource::Sets> PlanSource::watch_sets(const std::string& selector) {
  return std::make_unique<Sets>(loop_, metrics_, *client_,
                                apiserver::Resource{kBase, "realserversets", "RealServerSet", selector},
                                api::decode_real_server_set, [this](const api::ObjectKey&) { soon(); });
}

void PlanSource::choose_sets() {
  const std::string selector = set_selector();
  if (selector.empty()) {
    sets_ = {};
    next_sets_ = {};
  } else if (selector == sets_.selector) {
    next_sets_ = {};
  } else if (selector != next_sets_.selector) {
    next_sets_ = {selector, watch_sets(selector)};
  }
  if (next_sets_.sets && next_sets_.sets->synced()) sets_ = std::exchange(next_sets_, {});
}

bool PlanSource::whole() const {
  return synced() && (set_selector().empty() || (sets_.sets && sets_.sets->synced()));
}

plan::Seen PlanSource::seen() const {
  plan::Seen out;
  out.whole = whole();
  for (const auto& [key, group] : groups_->objects()) {
    auto& copy = out.objects.groups[key.name] = group;
    copy.status = {};
    copy.meta.resource_version.clear();  // both change with every status entry
  }
  out.unreadable_groups = keys(groups_->poisoned());
  if (!sets_.sets) return out;
  for (const auto& [key, set] : sets_.sets->objects()) {
    auto& copy = out.objects.sets[key] = set;
    copy.members.clear();
    copy.meta.resource_version.clear();
  }
  out.unreadable_sets = keys(sets_.sets->poisoned());
  return out;
}

}  // namespace fairlead::agent
