#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace fairlead::agent {

// A text that one thread replaces and others read, whole. The lock is held for the copy of a pointer, never
// while a text is made or sent.
class Snapshot {
 public:
  void put(std::string text) {
    auto fresh = std::make_shared<const std::string>(std::move(text));
    const std::scoped_lock lock(mutex_);
    text_.swap(fresh);
  }
  std::string get() const {
    std::shared_ptr<const std::string> text;
    {
      const std::scoped_lock lock(mutex_);
      text = text_;
    }
    return *text;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const std::string> text_ = std::make_shared<const std::string>();
};

}  // namespace fairlead::agent
