#include "lib/apiserver/outlet.h"

#include <utility>

namespace fairlead::apiserver {

Outlet::Outlet(sys::Loop& loop, ExchangeEvents events, PostBack post_back)
    : loop_(&loop),
      post_back_(std::move(post_back)),
      events_(std::make_shared<ExchangeEvents>(std::move(events))) {}

void Outlet::tell(std::function<void(const ExchangeEvents&)> what) {
  if (loop_ == nullptr) return;
  loop_->post([self = shared_from_this(), what = std::move(what)] {
    const auto kept = self->events_;  // `what` may drop them
    if (kept) what(*kept);
  });
}

void Outlet::connected() {
  tell([](const ExchangeEvents& to) {
    if (to.on_connected) to.on_connected();
  });
}

void Outlet::head(int status, HttpHeaders headers) {
  has_head_ = true;
  guard_.reset();
  tell([status, headers = std::move(headers)](const ExchangeEvents& to) {
    if (to.on_head) to.on_head(status, headers);
  });
  if (!early_.empty()) pass_on(std::exchange(early_, {}));
}

void Outlet::data(std::string_view bytes) {
  HeadGuard::delivered(bytes.size());
  on_the_way_ += bytes.size();
  if (has_head_) {
    pass_on(std::string(bytes));
  } else {
    early_.append(bytes);
  }
}

void Outlet::pass_on(std::string bytes) {
  const auto moved = std::make_shared<std::string>(std::move(bytes));
  tell([self = shared_from_this(), moved](const ExchangeEvents& to) {
    const auto count = moved->size();
    const auto post_back = self->post_back_;
    if (to.on_data) to.on_data(std::move(*moved));
    post_back([self, count] { self->consumed(count); });
  });
}

void Outlet::consumed(std::size_t count) {
  on_the_way_ -= count;
  if (!full()) make_room();
}

void Outlet::make_room() {
  if (on_room_) std::exchange(on_room_, nullptr)();
}

void Outlet::when_flooded(std::function<void()> on_flood) {
  guard_.emplace([weak = weak_from_this(), on_flood = std::move(on_flood)] {
    const auto self = weak.lock();
    if (!self) return;
    self->flooded_ = true;
    self->post_back_(on_flood);
  });
}

void Outlet::end(std::optional<HttpFailure> failure) {
  guard_.reset();
  if (flooded_) failure = HttpFailure{HttpFailure::Kind::kProtocol, "headers without end"};
  tell([failure = std::move(failure)](const ExchangeEvents& to) {
    if (to.on_end) to.on_end(failure);
  });
}

}  // namespace fairlead::apiserver
