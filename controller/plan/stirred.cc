#include "controller/plan/stirred.h"

#include <utility>

namespace fairlead::controller {

void Stirred::add(const api::ObjectKey& service) {
  if (waiting_.insert(service).second) order_.push_back(service);
}

std::vector<api::ObjectKey> Stirred::take() {
  waiting_.clear();
  return std::exchange(order_, {});
}

void Stirred::put_back(const std::vector<api::ObjectKey>& services) {
  const auto since = take();
  for (const auto& service : services) add(service);
  for (const auto& service : since) add(service);
}

}  // namespace fairlead::controller
