#pragma once

#include <optional>
#include <string>

#include "lib/apiserver/client.h"
#include "lib/base/time.h"

namespace fairlead::apiserver {

// The bearer token, read from its file again each minute (K-35). An inline token serves until then, or for
// ever if there is no file. One thread.
class TokenSource {
 public:
  TokenSource(std::string inline_token, std::string file);

  // The token to send now; empty: none. Reads the file if a minute has passed since the last try; a read
  // that fails keeps the old token, and so does a file with what is no token (a line break in it would end
  // the header that it is sent in).
  const std::string& token(TimePoint now);
  // Makes the next token() read the file: the server has refused the one we have.
  void distrust() { next_read_ = TimePoint{}; }

  // Time since the token's text last changed.
  Microseconds age(TimePoint now) const { return changed_ ? now - *changed_ : Microseconds{}; }
  // Why the last read failed; empty: it did not.
  const std::string& problem() const { return problem_; }

 private:
  std::string file_;
  std::string token_;
  std::string problem_;
  TimePoint next_read_{};
  std::optional<TimePoint> changed_;
};

// Reads "host:port,host:port"; without a port 6443; brackets around an IPv6 address with a port.
// Errors: kInvalid.
Result<std::vector<ServerAddress>> parse_servers(const std::string& text);

}  // namespace fairlead::apiserver
