#include "controller/plan/own_speakers.h"

#include <chrono>

namespace fairlead::controller {
namespace {

constexpr std::chrono::minutes kRemembered{11};  // nodes forget after ten

}  // namespace

OwnSpeakers::OwnSpeakers(const Inputs& inputs) : node_of_(senders(inputs.node_reports)) {
  for (const auto& [speaker, last] : spoken(inputs)) speakers_.insert(speaker);
}

bool OwnSpeakers::contains(const api::HeardVirtualRouter& heard) const {
  const auto node = node_of_.find(heard.source);
  return node != node_of_.end() && speakers_.contains({node->second, heard.family, heard.virtual_router_id});
}

Spoken spoken(const Inputs& inputs) {
  Spoken out;
  for (const auto& [speaker, last] : inputs.memory.spoken) {
    if (inputs.now - last < kRemembered) out.insert({speaker, last});
  }
  for (const auto& [key, group] : inputs.groups) {
    for (const auto& member : group.spec.members)
      out[{member.node, group.spec.family, group.spec.virtual_router_id}] = inputs.now;
  }
  return out;
}

}  // namespace fairlead::controller
