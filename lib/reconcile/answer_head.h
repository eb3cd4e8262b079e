#pragma once

#include <string>
#include <string_view>

// What the head of an HTTP answer says of the body behind it. Pure.
namespace fairlead::reconcile {

// True for "application/json", whatever its parameters and case. A media type that is not given is none.
bool is_json(std::string_view content_type);

// A word for metrics if the answer comes from something in the API server's place, a proxy's page for one;
// empty if it may be an API server's. Of a good answer anything but JSON is foreign, of a refusal HTML: an
// API server that does not know a path says so in plain text. A refusal that only asks to come back (401,
// 403, 429, 5xx) means the same whoever gives it. A status that HTTP does not have is nobody's.
std::string foreign_answer(int status, std::string_view content_type);

}  // namespace fairlead::reconcile
