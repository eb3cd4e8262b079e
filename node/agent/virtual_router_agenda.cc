#include "node/agent/virtual_router_agenda.h"

namespace fairlead::agent {

Agenda::Place::Place(Agenda& agenda, VirtualRouter& router)
    : agenda_(agenda), router_(router), number_(agenda.born_++) {}

Agenda::Place::~Place() {
  put(std::nullopt);
  if (touched_) std::erase(agenda_.touched_, this);
}

void Agenda::Place::touch() {
  if (touched_) return;
  touched_ = true;
  agenda_.touched_.push_back(this);
}

void Agenda::Place::put(std::optional<TimePoint> due) {
  if (due == due_) return;
  auto entry = due_ ? agenda_.queue_.extract({*due_, number_}) : decltype(agenda_.queue_)::node_type{};
  due_ = due;
  if (!due) return;
  if (entry.empty()) {
    agenda_.queue_.emplace(Key{*due, number_}, &router_);
  } else {
    entry.key().first = *due;
    agenda_.queue_.insert(std::move(entry));
  }
}

std::vector<VirtualRouter*> Agenda::due(TimePoint by) const {
  std::vector<VirtualRouter*> out;
  for (const auto& [key, router] : queue_) {
    if (key.first > by) break;
    out.push_back(router);
  }
  return out;
}

std::optional<TimePoint> Agenda::next() const {
  return queue_.empty() ? std::nullopt : std::optional(queue_.begin()->first.first);
}

std::vector<VirtualRouter*> Agenda::touched() const {
  std::vector<VirtualRouter*> out;
  for (const Place* place : touched_) out.push_back(&place->router_);
  return out;
}

void Agenda::forget_touched() {
  for (Place* place : touched_) place->touched_ = false;
  touched_.clear();
}

}  // namespace fairlead::agent
