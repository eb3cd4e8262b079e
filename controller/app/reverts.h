#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/time.h"

// Who undoes what we write (FC-04): a second controller, a GitOps tool, a person. What we write of an object
// although it is what we wrote of it last was undone in between; that five times within a minute is a fight.
// Then we write it once a minute and say so, and never go on as fast as the other does. Pure.
namespace fairlead::controller {

class Reverts {
 public:
  static constexpr std::size_t kMost = 5;
  static constexpr Seconds kWithin{60};
  static constexpr Seconds kPause{60};       // between two writes of what is fought over
  static constexpr Seconds kForgotten{180};  // after the last time it was undone the fight is over

  // `what` is written: an object, by one verb.
  bool may_write(const std::string& what, TimePoint now) const;
  // The write of `body` has changed the object of that UID. True if it was the same as last time, so that
  // somebody had undone it; versions and times in it do not count. An object made anew has no status at
  // first, which undoes nothing: of a status give the UID. Of what we make ourselves none, because whoever
  // deletes that undoes it.
  bool written(const std::string& what, const std::string& uid, const std::string& body, TimePoint now);
  // We have let go of everything whose name begins with `of`: to be written once more is no sign of others.
  void let_go(const std::string& of);
  // True if the write of `body`, once it has changed the object, begins a fight, or goes on with one: whoever
  // has the field now, before the write, is the other.
  bool would_fight(const std::string& what, const std::string& body, TimePoint now) const;
  // The other, by his field manager. True if that is news; empty: nobody knows, and who was named stays so.
  bool named(const std::string& what, const std::string& manager);
  // When something that is fought over may be written again; nullopt: nothing waits.
  std::optional<TimePoint> next(TimePoint now) const;
  // Forgets what was written last long ago. To be called again and again, also while nothing is written: of
  // 10,000 Services it is tens of MiB. True if there was something.
  bool forget(TimePoint now);
  // What is fought over, and with whom; empty: nobody knows.
  std::map<std::string, std::string> fought(TimePoint now) const;

 private:
  struct Last {
    std::string uid;
    std::size_t content = 0;
    TimePoint at{};
    std::vector<TimePoint> undone;  // the newest kMost, in order; of most there is none
    std::string other;              // his field manager
    bool fight = false;             // begun, and over once the last of these is kForgotten ago
  };
  static bool fights(const Last& last, TimePoint now);
  static bool undone_enough(const std::vector<TimePoint>& before, TimePoint now);

  std::map<std::string, Last> last_;
  TimePoint swept_{};
};

}  // namespace fairlead::controller
