#pragma once

#include <string>

#include "lib/apiserver/transport.h"

namespace fairlead::apiserver {

// What cpprestsdk's error code and text mean. It flattens all error categories into one number: an errno,
// or an OpenSSL error from 0x0A000000 on; what went wrong must then be read off the text.
HttpFailure failure_of(unsigned code, const std::string& text);

// The kind as a word for metrics.
std::string word_of(HttpFailure::Kind kind);

}  // namespace fairlead::apiserver
