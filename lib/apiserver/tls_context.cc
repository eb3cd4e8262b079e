#include "lib/apiserver/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <climits>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "lib/apiserver/head_guard.h"
#include "lib/apiserver/read_file.h"
#include "lib/net/address.h"

namespace fairlead::apiserver {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

// A key with a passphrase must not make OpenSSL ask the terminal for it.
int no_passphrase(char*, int, int, void*) { return 0; }

// The PEM text of one pair, and what to call it in an error.
struct Pem {
  std::string text;
  std::string name;
};

Result<Pem> read_pem(const std::string& data, const std::string& file, const std::string& what) {
  if (!data.empty()) return Pem{data, "the " + what + " given inline"};
  auto text = read_file(file);
  if (!text) return fail(Code::kDenied, "the " + what + ": " + text.error().message);
  return Pem{std::move(*text), "the " + what + " in " + file};
}

Bio memory(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Those that can be read, as Go's clients take them: what stands behind a damaged one counts.
std::vector<Certificate> certificates_of(const std::string& pem) {
  std::vector<Certificate> out;
  const auto bio = memory(pem);
  for (int left = INT_MAX; BIO_pending(bio.get()) < left;) {  // each read takes something, or it is the end
    left = BIO_pending(bio.get());
    Certificate next(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
    if (next) out.push_back(std::move(next));
  }
  ERR_clear_error();
  return out;
}

Result<> trust_only(SSL_CTX* context, const TlsIdentity& identity) {
  const auto pem = read_pem(identity.ca_data, identity.ca_file, "CA certificate");
  if (!pem) return pem.error();
  const auto certificates = certificates_of(pem->text);
  if (certificates.empty()) return fail(Code::kDenied, pem->name + " holds no PEM certificate");
  X509_STORE* store = X509_STORE_new();
  SSL_CTX_set_cert_store(context, store);  // takes it over, drops the system's
  for (const auto& certificate : certificates) {
    if (X509_STORE_add_cert(store, certificate.get()) != 1) {
      ERR_clear_error();
      return fail(Code::kDenied, pem->name + " cannot be used");
    }
  }
  return Done{};
}

Result<> present(SSL_CTX* context, const TlsIdentity& identity) {
  if (identity.certificate_data.empty() && identity.certificate_file.empty()) return Done{};
  const auto pem = read_pem(identity.certificate_data, identity.certificate_file, "client certificate");
  if (!pem) return pem.error();
  const auto chain = certificates_of(pem->text);
  if (chain.empty()) return fail(Code::kDenied, pem->name + " holds no PEM certificate");
  const auto key_pem = read_pem(identity.key_data, identity.key_file, "client key");
  if (!key_pem) return key_pem.error();
  const auto bio = memory(key_pem->text);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  const bool usable = key && SSL_CTX_use_certificate(context, chain.front().get()) == 1 &&
                      SSL_CTX_use_PrivateKey(context, key.get()) == 1;
  ERR_clear_error();
  if (!usable) return fail(Code::kDenied, key_pem->name + " is no usable key for " + pem->name);
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) return fail(Code::kInternal, "client chain");
  }
  return Done{};
}

}  // namespace

bool is_literal_address(const std::string& host) { return net::parse_address(host).has_value(); }

void start_tls() {
  setenv("SSL_CERT_FILE", "/dev/null", 1);
  OPENSSL_init_ssl(0, nullptr);
}

Result<> set_up_tls(SSL_CTX* context, const TlsIdentity& identity) {
  if (const auto trusted = trust_only(context, identity); !trusted) return trusted.error();
  if (const auto presented = present(context, identity); !presented) return presented.error();
  count_received(context);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  X509_VERIFY_PARAM* rules = SSL_CTX_get0_param(context);
  // Any certificate of the CA file is an anchor, as for Go's clients.
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_hostflags(rules,
                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool set = is_literal_address(identity.expected_name)
                       ? X509_VERIFY_PARAM_set1_ip_asc(rules, identity.expected_name.c_str()) == 1
                       : X509_VERIFY_PARAM_set1_host(rules, identity.expected_name.c_str(), 0) == 1;
  ERR_clear_error();
  if (!set)
    return fail(Code::kDenied, "no server certificate can carry the name \"" + identity.expected_name + "\"");
  return Done{};
}

}  // namespace fairlead::apiserver
