#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

// Reads single values out of JSON text without building a tree: what the list and watch machinery must
// know of an object (its resourceVersion, its kind) before anybody decodes it. Views point into the text
// given. Not a validator: text that is no JSON gives "nothing found", never a crash and never a wrong
// value out of well-formed parts. Any nesting depth, no recursion.
namespace fairlead::reconcile {

// The position behind the JSON value that starts at `at` (white space before it is skipped); npos if the
// text ends first or no value starts there.
std::size_t end_of_value(std::string_view text, std::size_t at);

// Calls `each` with the raw key (between its quotes, escapes kept) and the raw value of every member of
// the object `text`, in order, until `each` returns false. False if `text` is not one whole object as far
// as it was read.
bool for_each_member(std::string_view text,
                     const std::function<bool(std::string_view key, std::string_view value)>& each);

// The raw value of the first member called `key`. nullopt: not there, or `text` is no object.
std::optional<std::string_view> member(std::string_view text, std::string_view key);
// The same, one level after the other: member_at(object, {"metadata", "name"}). Whether the objects around it
// end is not looked at: of text that breaks off behind it, it is found.
std::optional<std::string_view> member_at(std::string_view text,
                                          std::initializer_list<std::string_view> path);

// The text of a raw JSON string, escapes resolved (a lone surrogate becomes U+FFFD). Empty if `raw` is no
// string.
std::string string_of(std::string_view raw);
// The string at `path`; empty if there is none.
std::string string_at(std::string_view text, std::initializer_list<std::string_view> path);
// The integer at `path`; 0 if there is none.
int integer_at(std::string_view text, std::initializer_list<std::string_view> path);

// Takes the member at `path` out of the document, the first if there are more; all else stays as it stands.
// False: there is none. REQUIRES: `path` is not empty.
bool cut(std::string& document, std::initializer_list<std::string_view> path);

}  // namespace fairlead::reconcile
