#pragma once

namespace fairlead {

// One visitor made of several lambdas, for std::visit over a std::variant. Without a catch-all lambda a
// new alternative fails to compile, which is the point.
template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace fairlead
