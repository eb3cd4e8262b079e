#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "controller/plan/changes.h"
#include "lib/base/time.h"

// Writes that the API server refuses (FC-18): for a right, a policy, a webhook, the schema, a quota. It is
// told of one that is refused again kAfter or more after the first time and was not taken in between: what is
// over by then was on its way (a namespace that ends, rights that a server which starts has not read yet).
// Pure.
namespace fairlead::controller {

class Refusals {
 public:
  static constexpr Seconds kAfter{5};
  static constexpr std::size_t kMostOfText = 512;  // bytes

  // True of an answer, by its HTTP status and its message (empty: it has none), that says no to what is
  // written or to who writes it: the same again is refused until somebody changes something. So is a field
  // that the schema does not know, which the API server answers with 500. Not of a conflict, nor of a JSON
  // patch of something that has changed since, of missing credentials, nor of what may just be asked again
  // later.
  static bool is_refusal(int status, std::string_view message);

  // `why`: the server's words. Where nothing changes but words with a digit in them (what a quota has used, a
  // time, the name of a request), those told first stay.
  void refused(const Write& write, const std::string& why, TimePoint now);
  // It has been taken, or there is nothing any more that it would change.
  void over(const Write& write);
  // These are all writes that are wanted: what else was refused is over.
  void keep(const std::vector<Write>& wanted);
  // What is told of, and why: one line.
  Refused told() const;

 private:
  // What is refused by itself: the other writes of the object may be taken.
  using Subject = std::tuple<Target, api::ObjectKey, Verb>;
  struct Answer {
    TimePoint first{};  // without one that was taken since
    std::string why;
    bool told = false;
  };
  static Subject subject_of(const Write& write);

  std::map<Subject, Answer> refused_;
};

}  // namespace fairlead::controller
