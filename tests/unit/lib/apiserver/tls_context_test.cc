#include "lib/apiserver/tls_context.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace fairlead::apiserver {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* thing) const {
    kFree(thing);
  }
};
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;

// A certificate of its own, in PEM.
std::string certificate(const std::string& name) {
  const std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
  const std::unique_ptr<X509, Free<X509_free>> made(X509_new());
  const std::unique_ptr<BIO, Free<BIO_free_all>> out(BIO_new(BIO_s_mem()));
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  X509_sign(made.get(), key.get(), EVP_sha256());
  PEM_write_bio_X509(out.get(), made.get());
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

// How many are trusted; -1: it was refused.
int trusted(const std::string& ca) {
  const Context context(SSL_CTX_new(TLS_client_method()));
  TlsIdentity identity;
  identity.ca_data = ca;
  identity.expected_name = "192.0.2.1";
  const auto done = set_up_tls(context.get(), identity);
  EXPECT_EQ(ERR_peek_error(), 0U);
  if (!done) return -1;
  return sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(context.get())));
}

const std::string kNoCertificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const std::string kNoBase64 = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
const std::string kAnother = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";

// K-36: a bundle of the old CA and the new one is what a rotation goes through.
TEST(TlsContextK36, EveryCertificateOfABundleIsTrusted) {
  EXPECT_EQ(trusted(certificate("a")), 1);
  EXPECT_EQ(trusted("# old\n" + certificate("a") + "\n# new\n" + certificate("b")), 2);
}

TEST(TlsContextK36, ADamagedOneDoesNotHideThoseBehindIt) {
  for (const auto& bad : {kNoCertificate, kNoBase64, kAnother}) {
    EXPECT_EQ(trusted(bad + certificate("a")), 1) << bad;
    EXPECT_EQ(trusted(certificate("a") + bad + bad + certificate("b")), 2) << bad;
    EXPECT_EQ(trusted(certificate("a") + bad), 1) << bad;
  }
}

TEST(TlsContextK36, ABundleWithoutAnyIsRefused) {
  for (const auto& none : {std::string("text"), kNoCertificate, kNoBase64 + kAnother,
                           std::string("-----BEGIN CERTIFICATE-----")}) {
    EXPECT_EQ(trusted(none), -1) << none;
  }
}

}  // namespace
}  // namespace fairlead::apiserver
