#pragma once

#include <string>

#include "lib/base/result.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace fairlead::apiserver {

// Whom we trust and who we are. Of each pair, `_data` (PEM) comes before `_file`.
struct TlsIdentity {
  std::string ca_file;
  std::string ca_data;
  std::string certificate_file;  // optional, together with the key
  std::string certificate_data;
  std::string key_file;
  std::string key_data;
  std::string expected_name;  // address or DNS name that the server's certificate must carry as a SAN
};

// True for a literal IPv4 or IPv6 address.
bool is_literal_address(const std::string& host);

// What OpenSSL needs, once in a process, before any thread that uses it is started: what was made first goes
// last at exit, and a thread of the HTTP library's that ends later would find OpenSSL gone. From now on the
// system's CA bundle is not read: for each new connection that would take 33 ms, only for us to drop it.
void start_tls();

// Sets up a fresh client context: trusts our CA and nothing else, wants `expected_name` among the SANs
// (the common name does not count), TLS 1.2 at least, presents our certificate. Files are read at each
// call, so that rotated ones serve the next connection (K-36). What comes in is counted (HeadGuard).
// Errors: kDenied, naming the file and what is wrong with it.
Result<> set_up_tls(ssl_ctx_st* context, const TlsIdentity& identity);

}  // namespace fairlead::apiserver
