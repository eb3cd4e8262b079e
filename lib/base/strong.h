#pragma once

#include <compare>

namespace fairlead {

// A value of type Rep that cannot be mixed up with another value of the same Rep.
//
// Tag is an empty struct that names the quantity. Construction is explicit and unchecked; the range
// check lives in a named factory beside the alias (make_virtual_router_id, make_port).
template <class Tag, class Rep>
class Strong {
 public:
  using rep = Rep;
  constexpr explicit Strong(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

 private:
  Rep value_;
};

}  // namespace fairlead
