#pragma once

#include <cassert>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace fairlead {

// What kind of "no" an Error is, for programs.
enum class Code {
  kInvalid,      // the input is wrong; the same input will fail again
  kNotFound,     // the thing named does not exist
  kConflict,     // exists already, or changed under us
  kUnavailable,  // may work later: time-out, refused, busy
  kDenied,       // a right is missing: EPERM, 401, 403
  kInternal,     // our bug, or a reply that makes no sense
};

// Why an operation failed. `code` is for programs; `message` is for people and says what, on what and
// why ("add 192.0.2.1/32 on eth0: EPERM").
struct Error {
  Code code;
  std::string message;
  friend bool operator==(const Error&, const Error&) = default;
};

inline Error fail(Code code, std::string message) { return {code, std::move(message)}; }

// The value of an operation that has none.
struct Done {
  friend bool operator==(Done, Done) = default;
};

// A T, or the Error that kept us from having one. Dropping a Result is a compiler warning.
// Member names are those of std::expected, so that it can take this class's place under C++23.
template <class T = Done>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return held_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // REQUIRES: has_value()
  const T& operator*() const& { return *pointer(); }
  T& operator*() & { return *pointer(); }
  T&& operator*() && { return std::move(*pointer()); }
  const T* operator->() const { return pointer(); }
  T* operator->() { return pointer(); }

  // REQUIRES: !has_value()
  const Error& error() const {
    assert(!has_value());
    return *std::get_if<1>(&held_);
  }

  // Calls f, which itself may fail, on the value; passes an Error through.
  template <class F>
  auto and_then(F&& f) && -> std::invoke_result_t<F, T> {
    if (!has_value()) return error();
    return std::invoke(std::forward<F>(f), std::move(*pointer()));
  }

  // Calls f, which cannot fail, on the value; passes an Error through.
  template <class F>
  auto transform(F&& f) && -> Result<std::invoke_result_t<F, T>> {
    if (!has_value()) return error();
    return std::invoke(std::forward<F>(f), std::move(*pointer()));
  }

 private:
  T* pointer() {
    assert(has_value());
    return std::get_if<0>(&held_);
  }
  const T* pointer() const {
    assert(has_value());
    return std::get_if<0>(&held_);
  }

  std::variant<T, Error> held_;
};

}  // namespace fairlead
