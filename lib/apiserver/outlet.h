#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/apiserver/head_guard.h"
#include "lib/apiserver/transport.h"

namespace fairlead::apiserver {

// Carries what one exchange brings from the transport's thread to the loop, in order, and counts the bytes
// on the way. All members on the transport's thread but drop().
class Outlet : public std::enable_shared_from_this<Outlet> {
 public:
  // Runs a task on the transport's thread. Never runs it itself.
  using PostBack = std::function<void(std::function<void()>)>;

  Outlet(sys::Loop& loop, ExchangeEvents events, PostBack post_back);

  void connected();
  void head(int status, HttpHeaders headers);
  // Bytes may come before the head; they are told after it.
  void data(std::string_view bytes);
  void end(std::optional<HttpFailure> failure);

  bool has_head() const { return has_head_; }
  // A MiB or more is on the way: `on_room` is called once that is over.
  bool full() const { return on_the_way_ >= kWindow; }
  void when_room(std::function<void()> on_room) { on_room_ = std::move(on_room); }
  // Headers without end come instead of a head: `on_flood` is called, as a task of its own, and the end will
  // be told as a failure of that name. To be called when the exchange begins.
  void when_flooded(std::function<void()> on_flood);
  // Calls `on_room` now, whether or not there is room.
  void make_room();

  // The loop goes away: from now on nothing is told.
  void cut() { loop_ = nullptr; }
  // Loop's thread. Nobody listens any more: nothing is told, events that wait included.
  void drop() { events_ = nullptr; }

 private:
  static constexpr std::size_t kWindow = 1024 * 1024;

  void pass_on(std::string bytes);
  void tell(std::function<void(const ExchangeEvents&)> what);
  void consumed(std::size_t count);

  sys::Loop* loop_;
  PostBack post_back_;
  std::shared_ptr<ExchangeEvents> events_;  // loop's thread
  bool has_head_ = false;
  std::string early_;
  std::size_t on_the_way_ = 0;
  std::function<void()> on_room_;
  std::optional<HeadGuard> guard_;  // until there is a head
  bool flooded_ = false;
};

}  // namespace fairlead::apiserver
