#include "lib/apiserver/failure.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>

namespace fairlead::apiserver {

HttpFailure failure_of(unsigned code, const std::string& text) {
  using Kind = HttpFailure::Kind;
  const auto contains = [&text](const char* part) { return text.find(part) != std::string::npos; };
  if (code == ETIMEDOUT) return {Kind::kTimeout, text};
  if (code >= (static_cast<unsigned>(ERR_LIB_SSL) << 23U)) {
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, nullptr);
    const char* reason = ERR_reason_error_string(code);
    return {Kind::kTls, text + ": " + (reason == nullptr ? "TLS error" : reason)};
  }
  if (contains("handshake")) return {Kind::kTls, text};
  if (contains("resolv") || contains("connect")) return {Kind::kConnect, text};
  return {Kind::kClosed, text};
}

std::string word_of(HttpFailure::Kind kind) {
  switch (kind) {
    case HttpFailure::Kind::kTimeout:
      return "timeout";
    case HttpFailure::Kind::kConnect:
      return "connect";
    case HttpFailure::Kind::kTls:
      return "tls";
    case HttpFailure::Kind::kClosed:
      return "closed";
    case HttpFailure::Kind::kProtocol:
      return "protocol";
  }
  return "";
}

}  // namespace fairlead::apiserver
