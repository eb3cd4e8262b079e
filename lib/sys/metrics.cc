#include "lib/sys/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cassert>
#include <mutex>
#include <variant>

#include "lib/base/overloaded.h"

namespace fairlead::sys {
namespace {

class CountedCounter final : public Counter {
 public:
  explicit CountedCounter(prometheus::Counter& series) : series_(series) {}
  void add(double amount) override { series_.Increment(amount); }
  prometheus::Counter& series_;
};

class SetGauge final : public Gauge {
 public:
  explicit SetGauge(prometheus::Gauge& series) : series_(series) {}
  void set(double value) override { series_.Set(value); }
  prometheus::Gauge& series_;
};

class BucketHistogram final : public Histogram {
 public:
  explicit BucketHistogram(prometheus::Histogram& series) : series_(series) {}
  void observe(double value) override { series_.Observe(value); }
  prometheus::Histogram& series_;
};

// The series of one name, by their labels. `Door` is our class in front of prometheus' `Series`.
template <class Series, class Door>
struct Family {
  prometheus::Family<Series>* family;
  std::map<MetricLabels, std::unique_ptr<Door>> doors;

  template <class... Arguments>
  Door& find_or_add(const MetricLabels& labels, Arguments&&... arguments) {
    auto& door = doors[labels];
    if (door == nullptr) door = std::make_unique<Door>(family->Add(labels, arguments...));
    return *door;
  }
  void remove(const MetricLabels& labels) {
    const auto found = doors.find(labels);
    if (found == doors.end()) return;
    family->Remove(&found->second->series_);
    doors.erase(found);
  }
};

using Counters = Family<prometheus::Counter, CountedCounter>;
using Gauges = Family<prometheus::Gauge, SetGauge>;
using Histograms = Family<prometheus::Histogram, BucketHistogram>;

bool is_name(const std::string& text, bool colon_allowed) {
  const auto fits = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (colon_allowed && c == ':');
  };
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && std::all_of(text.begin(), text.end(), fits);
}

// Prometheus would throw on these; here they are what they are, our bugs.
[[maybe_unused]] bool are_names(const std::string& name, const MetricLabels& labels) {
  return is_name(name, true) && std::all_of(labels.begin(), labels.end(), [](const auto& label) {
           return is_name(label.first, false) && !label.first.starts_with("__") && label.first != "le";
         });
}

}  // namespace

struct Metrics::State {
  mutable std::mutex mutex;
  prometheus::Registry registry;
  std::map<std::string, std::variant<Counters, Gauges, Histograms>> families;

  // The family of that name; `build` registers it when it is new. A name has one type for good.
  template <class Wanted, class Builder>
  Wanted& family(const std::string& name, const std::string& help, Builder build) {
    auto found = families.find(name);
    if (found == families.end()) {
      auto& added = build().Name(name).Help(help).Register(registry);
      found = families.emplace(name, Wanted{&added, {}}).first;
    }
    auto* wanted = std::get_if<Wanted>(&found->second);
    assert(wanted != nullptr && "one metric name, two types");
    return *wanted;
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help, const MetricLabels& labels) {
  assert(are_names(name, labels));
  const std::scoped_lock lock(state_->mutex);
  return state_->family<Counters>(name, help, prometheus::BuildCounter).find_or_add(labels);
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const MetricLabels& labels) {
  assert(are_names(name, labels));
  const std::scoped_lock lock(state_->mutex);
  return state_->family<Gauges>(name, help, prometheus::BuildGauge).find_or_add(labels);
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help, const MetricLabels& labels,
                              const std::vector<double>& buckets) {
  assert(are_names(name, labels));
  assert(std::adjacent_find(buckets.begin(), buckets.end(), std::greater_equal<>()) == buckets.end());
  const std::scoped_lock lock(state_->mutex);
  return state_->family<Histograms>(name, help, prometheus::BuildHistogram).find_or_add(labels, buckets);
}

void Metrics::remove(const std::string& name, const MetricLabels& labels) {
  const std::scoped_lock lock(state_->mutex);
  const auto found = state_->families.find(name);
  if (found == state_->families.end()) return;
  std::visit(Overloaded{[&](Counters& family) { family.remove(labels); },
                        [&](Gauges& family) { family.remove(labels); },
                        [&](Histograms& family) { family.remove(labels); }},
             found->second);
}

std::string Metrics::render() const {
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace fairlead::sys
