#include "lib/api/kubeconfig.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace fairlead::api {
namespace {

// {"current-context":...} with one cluster and one user; `cluster` and `user` are the insides of their
// objects.
std::string config(const std::string& cluster, const std::string& user) {
  return R"({"current-context":"x","contexts":[{"name":"x","context":{"cluster":"c","user":"u","namespace":"ns"}}],)"
         R"("clusters":[{"name":"c","cluster":{)" +
         cluster + R"(}}],"users":[{"name":"u","user":{)" + user + R"(}}]})";
}

const std::string kServer = R"("server":"https://192.0.2.1:6443")";
const std::string kCluster = kServer + R"(,"certificate-authority-data":"Q0E=")";

TEST(KubeconfigK38, ReadsDataFilesTokensNamespaceAndServerName) {
  const auto got = parse_kubeconfig(
      {{"/home/me/.kube",
        config(kServer + R"(,"certificate-authority":"ca.crt","tls-server-name":"api.example")",
               R"("client-certificate":"/etc/me.crt","client-key":"me.key",)"
               R"("client-certificate-data":"Q1JU","client-key-data":"S0VZ","token":"t","tokenFile":"t")")}});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(*got, (Kubeconfig{"192.0.2.1", 6443, "", "/home/me/.kube/ca.crt", "CRT", "/etc/me.crt", "KEY",
                              "/home/me/.kube/me.key", "t", "/home/me/.kube/t", "ns", "api.example"}));
}

TEST(KubeconfigK38, AContextWithoutUserIsAnonymous) {
  EXPECT_TRUE(
      parse_kubeconfig({{"", R"({"current-context":"x","contexts":[{"name":"x","context":{"cluster":"c"}}],)"
                             R"("clusters":[{"name":"c","cluster":{)" +
                                 kCluster + "}}]}"}}));
}

// clientcmd: of two entries of one name the first file's counts, so does the first current-context.
TEST(KubeconfigK38, FilesOfAListAreMergedAndTheFirstOfANameCounts) {
  const auto got = parse_kubeconfig({
      {"/a", R"({"users":[{"name":"u","user":{"tokenFile":"mine"}}]})"},
      {"/b", config(kCluster, R"("token":"theirs")")},
      {"/c", R"({"current-context":"other"})"},
  });
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->token, "");
  EXPECT_EQ(got->token_file, "/a/mine");
}

TEST(KubeconfigK38, RefusesWithOneSentence) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"7", "it is no kubeconfig: not a YAML mapping"},
      {"{}", "current-context is not set: choose one with kubectl config use-context"},
      {R"({"current-context":"x"})", "current-context \"x\" is not among its contexts"},
      {R"({"current-context":"x","contexts":[{"name":"x","context":{"cluster":"c"}}]})",
       "cluster \"c\" is not among its clusters"},
      {R"({"current-context":"x","contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}],)"
       R"("clusters":[{"name":"c","cluster":{)" +
           kCluster + "}}]}",
       "user \"u\" is not among its users"},
      {config(R"("certificate-authority-data":"Q0E=")", ""),
       "cluster \"c\": server must be https://host:port, got \"\""},
      {config(R"("server":"http://192.0.2.1")", ""),
       "cluster \"c\": server must be https://host:port, got \"http://192.0.2.1\""},
      {config(kServer, ""),
       "cluster \"c\": the cluster has no certificate-authority; the system's are not used"},
      {config(kServer + R"(,"certificate-authority-data":"?")", ""),
       "cluster \"c\": certificate-authority-data is not base64"},
      {config(kCluster + R"(,"insecure-skip-tls-verify":true)", ""),
       "cluster \"c\": insecure-skip-tls-verify is not supported: give certificate-authority instead"},
      {config(kCluster + R"(,"proxy-url":"http://p")", ""), "cluster \"c\": proxy-url is not supported"},
      {config(kCluster, R"("exec":{"command":"id"})"),
       "user \"u\": exec plugins are not run by daemons: give a token, a tokenFile or a client certificate"},
      {config(kCluster, R"("auth-provider":{"name":"oidc"})"),
       "user \"u\": auth-provider plugins are not run by daemons: give a token, a tokenFile or a client "
       "certificate"},
      {config(kCluster, R"("username":"me","password":"x")"),
       "user \"u\": user names with passwords are not supported"},
      {config(kCluster, R"("token":"one\nX-Other: 1")"),
       "user \"u\": the token holds a space, a line break or another byte that no token has"},
      {config(kCluster, R"("client-certificate-data":"Q1JU")"),
       "user \"u\": client-certificate and client-key belong together"},
  };
  for (const auto& [text, message] : table) {
    const auto got = parse_kubeconfig({{"", text}});
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error(), fail(Code::kInvalid, message)) << text;
  }
}

TEST(ServerUrl, AcceptsNamesAndAddresses) {
  const std::vector<std::pair<std::string, ServerUrl>> table{
      {"https://192.0.2.1:6443", {"192.0.2.1", 6443}}, {"https://api.example", {"api.example", 443}},
      {"https://api.example/", {"api.example", 443}},  {"https://[2001:db8::1]:6443/", {"2001:db8::1", 6443}},
      {"https://[2001:db8::1]", {"2001:db8::1", 443}},
  };
  for (const auto& [text, expected] : table) {
    const auto got = parse_server_url(text);
    ASSERT_TRUE(got) << text;
    EXPECT_EQ(*got, expected) << text;
  }
}

TEST(ServerUrl, RefusesPathsUserNamesAndPortsThatAreNone) {
  for (const std::string text : {"https://", "https://a/k8s/clusters/x", "https://me@a", "https://a:0",
                                 "https://a:65536", "https://a:", "https://[::1", "https://[::1]x", "ftp://a",
                                 "192.0.2.1:6443", "https://[[x]", "https://a]b", "https://a\nHost: b"}) {
    EXPECT_FALSE(parse_server_url(text)) << text;
  }
}

// {"kubernetes.io":{"namespace":"x","node":{"name":"node-a","uid":"u-1"}}}, as the API server writes it.
TEST(TokenClaims, NamesTheNodeOfABoundToken) {
  EXPECT_EQ(claims_of_token(
                "e30.eyJrdWJlcm5ldGVzLmlvIjp7Im5hbWVzcGFjZSI6IngiLCJub2RlIjp7Im5hbWUiOiJub2RlLWEiLCJ1aWQi"
                "OiJ1LTEifX19.c2ln\n"),
            (TokenClaims{"node-a", "u-1"}));
}

TEST(TokenClaims, AreEmptyForAnyOtherToken) {
  for (const std::string token : {"", "opaque", "a.b.c", "e30.e30.sig", "..", "e30.W10.sig", "e30.NQ.s"}) {
    EXPECT_EQ(claims_of_token(token), TokenClaims{}) << token;
  }
}

RC_GTEST_PROP(TokenClaims, AnyTextIsSafe, (const std::string& a, const std::string& b)) {
  claims_of_token(a + "." + b + ".x");
}

// RFC 4648 10.
TEST(Base64, DecodesTheVectorsOfRfc4648) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", ""},
      {"Zg==", "f"},
      {"Zm8=", "fo"},
      {"Zm9v", "foo"},
      {"Zm9vYg==", "foob"},
      {"Zg", "f"},
      {"Zm9v\nYg==\n", "foob"},
      {"_-8", "\xff\xef"},
      {"/+8=", "\xff\xef"},
  };
  for (const auto& [text, expected] : table) {
    const auto got = decode_base64(text);
    ASSERT_TRUE(got) << text;
    EXPECT_EQ(*got, expected) << text;
  }
}

TEST(Base64, RefusesOtherCharactersAndTextBehindThePadding) {
  EXPECT_FALSE(decode_base64("Zm9?"));
  EXPECT_FALSE(decode_base64("Zg==Zg=="));
}

}  // namespace
}  // namespace fairlead::api
