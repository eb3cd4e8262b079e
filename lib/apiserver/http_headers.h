#pragma once

#include <string>
#include <string_view>

#include "lib/apiserver/transport.h"
#include "lib/base/time.h"

namespace fairlead::apiserver {

// The value of the first header of that name, in whatever case; empty if there is none.
std::string header_of(const HttpHeaders& headers, std::string_view name);

// By which of the server's rules the request was judged (K-33); empty: it does not say.
std::string flow_schema_of(const HttpHeaders& headers);

// What a Retry-After header makes us wait; 0 if there is none that we understand (K-33).
Seconds retry_after_of(const HttpHeaders& headers);

}  // namespace fairlead::apiserver
