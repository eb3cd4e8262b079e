#pragma once

#include <string>

// What may be said of two resourceVersions (K-03, KEP-5504): they are opaque, unless both parse as unsigned
// decimals of any length; only then they have an order. Pure.
namespace fairlead::reconcile {

// True if both are decimals and `a` is the larger.
bool is_newer_version(const std::string& a, const std::string& b);

// K-22: whether a cache that shows an object at version `cached` has seen our write, which made `written` of
// `before`. An object that the cache does not have is at version "". `written` may be empty: a delete, or an
// answer without one. Versions without an order are believed as soon as they differ from `before`.
bool has_passed(const std::string& cached, const std::string& before, const std::string& written);

}  // namespace fairlead::reconcile
