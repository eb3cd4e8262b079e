#pragma once

#include <map>
#include <utility>
#include <vector>

namespace fairlead {

// The changes that turn one map into another; each list in key order, no key in two lists.
template <class K, class V>
struct Diff {
  std::vector<std::pair<K, V>> add;     // in desired only
  std::vector<std::pair<K, V>> change;  // in both, values differ; V is the desired one
  std::vector<K> remove;                // in actual only
  bool empty() const { return add.empty() && change.empty() && remove.empty(); }
  friend bool operator==(const Diff&, const Diff&) = default;
};

// One merge walk, O(|actual| + |desired|). diff(x, x) is empty.
template <class K, class V>
Diff<K, V> diff(const std::map<K, V>& actual, const std::map<K, V>& desired) {
  Diff<K, V> out;
  auto a = actual.begin();
  auto d = desired.begin();
  while (a != actual.end() || d != desired.end()) {
    if (d == desired.end() || (a != actual.end() && a->first < d->first)) {
      out.remove.push_back((a++)->first);
    } else if (a == actual.end() || d->first < a->first) {
      out.add.push_back(*d++);
    } else {
      if (!(a->second == d->second)) out.change.push_back(*d);
      ++a;
      ++d;
    }
  }
  return out;
}

}  // namespace fairlead
