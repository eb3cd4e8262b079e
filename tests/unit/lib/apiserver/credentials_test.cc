#include "lib/apiserver/credentials.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace fairlead::apiserver {
namespace {

const TimePoint t0{Seconds(1000)};

// A folder of files for one test.
class Files {
 public:
  Files() {
    std::string name = ::testing::TempDir() + "fairlead-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~Files() { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }

 private:
  std::string folder_;
};

TEST(TokenK35, TheFileIsReadAgainAfterAMinuteAndNotBefore) {
  const Files files;
  const auto file = files.write("token", "one\n");
  TokenSource source("", file);
  EXPECT_EQ(source.token(t0), "one");
  files.write("token", "two");
  EXPECT_EQ(source.token(t0 + Seconds(60) - Microseconds(1)), "one");
  EXPECT_EQ(source.token(t0 + Seconds(60)), "two");
}

TEST(TokenK35, AFailedReadKeepsTheOldToken) {
  const Files files;
  const auto file = files.write("token", "one");
  TokenSource source("", file);
  source.token(t0);
  std::remove(file.c_str());
  EXPECT_EQ(source.token(t0 + Seconds(60)), "one");
  EXPECT_EQ(source.problem(), "cannot read " + file + ": No such file or directory");
  files.write("token", "");
  EXPECT_EQ(source.token(t0 + Seconds(120)), "one");
  EXPECT_EQ(source.problem(), file + " is empty");
  files.write("token", "two");
  EXPECT_EQ(source.token(t0 + Seconds(180)), "two");
  EXPECT_EQ(source.problem(), "");
}

// What follows a line break would be a header of its own, or the end of them all.
TEST(TokenK35, AFileWithMoreThanATokenKeepsTheOldOne) {
  const Files files;
  const auto file = files.write("token", "one");
  TokenSource source("", file);
  source.token(t0);
  auto now = t0;
  for (const std::string& text :
       {std::string("two\nX-Other: 1"), std::string("two words"), std::string("two\0", 4) + "x",
        std::string("zw\xC3\xBC"), std::string("\x7f")}) {
    files.write("token", text);
    now += Seconds(60);
    EXPECT_EQ(source.token(now), "one") << text;
    EXPECT_EQ(source.problem(), file + " holds a space, a line break or another byte that no token has")
        << text;
  }
  files.write("token", " two\r\n");
  EXPECT_EQ(source.token(now + Seconds(60)), "two");
  EXPECT_EQ(source.problem(), "");
}

// A path that names the wrong thing takes no memory without end.
TEST(TokenK35, AFileThatIsTooLargeToBeATokenIsNotReadToItsEnd) {
  const Files files;
  const auto file = files.write("token", "x");
  std::filesystem::resize_file(file, std::uintmax_t{256} << 20U);  // a hole
  TokenSource source("", file);
  EXPECT_EQ(source.token(t0), "");
  EXPECT_EQ(source.problem(), "cannot read " + file + ": it is larger than 4 MB");
}

TEST(TokenK35, ADistrustedTokenIsReadAgainAtOnce) {
  const Files files;
  TokenSource source("", files.write("token", "one"));
  source.token(t0);
  files.write("token", "two");
  source.distrust();
  EXPECT_EQ(source.token(t0 + Seconds(1)), "two");
}

TEST(TokenK38, AnInlineTokenComesFirstAndTheFileAfterAMinute) {
  const Files files;
  TokenSource source("inline", files.write("token", "from-file"));
  EXPECT_EQ(source.token(t0), "inline");
  EXPECT_EQ(source.token(t0 + Seconds(60)), "from-file");
}

TEST(TokenK42, ItsAgeCountsFromTheLastChangeOfItsText) {
  const Files files;
  TokenSource source("", files.write("token", "one"));
  EXPECT_EQ(source.age(t0), Microseconds(0));
  source.token(t0);
  source.token(t0 + Seconds(60));
  EXPECT_EQ(source.age(t0 + Seconds(90)), Seconds(90));
  files.write("token", "two");
  source.token(t0 + Seconds(120));
  EXPECT_EQ(source.age(t0 + Seconds(121)), Seconds(1));
}

TEST(Servers, AcceptsHostsAndAddressesWithAndWithoutPorts) {
  const auto servers =
      parse_servers("192.0.2.1:6443, api.example:443,192.0.2.2,2001:db8::1,[2001:db8::2]:8443,[2001:db8::3]");
  ASSERT_TRUE(servers) << servers.error().message;
  std::vector<std::pair<std::string, int>> got;
  for (const auto& server : *servers) got.emplace_back(server.host, server.port);
  EXPECT_EQ(got, (std::vector<std::pair<std::string, int>>{{"192.0.2.1", 6443},
                                                           {"api.example", 443},
                                                           {"192.0.2.2", 6443},
                                                           {"2001:db8::1", 6443},
                                                           {"2001:db8::2", 8443},
                                                           {"2001:db8::3", 6443}}));
}

TEST(Servers, RefusesWhatIsNoAddress) {
  for (const std::string text :
       {"", ",", "a,,b", "a:0", "a:65536", "a:b", "[::1", "https://a", "a/b", ":6443"}) {
    const auto servers = parse_servers(text);
    ASSERT_FALSE(servers) << text;
    EXPECT_EQ(servers.error().code, Code::kInvalid) << text;
  }
}

const std::string kConfig =
    "current-context: x\n"
    "contexts: [{name: x, context: {cluster: c, user: u, namespace: ns}}]\n"
    "clusters: [{name: c, cluster: {server: 'https://[::1]:6443', certificate-authority: ca.crt}}]\n"
    "users: [{name: u, user: {tokenFile: token}}]\n";

TEST(KubeconfigK38, RelativePathsStartAtTheFilesFolder) {
  const Files files;
  const auto config = load_kubeconfig(files.write("config", kConfig));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->servers.at(0).host, "::1");
  EXPECT_EQ(config->servers.at(0).port, 6443);
  EXPECT_EQ(config->ca_file, files.path("ca.crt"));
  EXPECT_EQ(config->token_file, files.path("token"));
  EXPECT_EQ(config->namespace_name, "ns");
}

TEST(KubeconfigK38, OneThatCannotBeReadIsOneSentenceThatNamesTheFileAndTheWayOut) {
  const Files files;
  const auto missing = load_kubeconfig(files.path("none"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), fail(Code::kNotFound, "kubeconfig: cannot read " + files.path("none") +
                                                       ": No such file or directory; give --kubeconfig or "
                                                       "KUBECONFIG a file that this user may read"));
  const auto folder = load_kubeconfig(files.path("."));
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, Code::kUnavailable);
  EXPECT_NE(folder.error().message.find("Is a directory"), std::string::npos);
  const auto text = load_kubeconfig(files.write("text", "hello"));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error(), fail(Code::kInvalid, "kubeconfig " + files.path("text") +
                                                   ": it is no kubeconfig: not a YAML mapping"));
}

// Sets variables of the environment for one test.
class Environment {
 public:
  void set(const char* name, const std::string& value) {
    setenv(name, value.c_str(), 1);
    names_.push_back(name);
  }
  ~Environment() {
    for (const char* name : names_) unsetenv(name);
  }

 private:
  std::vector<const char*> names_;
};

TEST(FindConfig, TheFlagComesBeforeTheVariable) {
  const Files files;
  Environment environment;
  environment.set("KUBECONFIG", "/nonexistent");
  EXPECT_TRUE(find_config(files.write("config", kConfig), ""));
  EXPECT_FALSE(find_config("", ""));
}

TEST(FindConfigK38, OfAListTheFilesThatDoNotExistAreLeftOut) {
  const Files files;
  Environment environment;
  environment.set("KUBECONFIG", "/nonexistent:" + files.write("config", kConfig) + ":");
  EXPECT_TRUE(find_config("", ""));
  environment.set("KUBECONFIG", "/nonexistent:/nowhere");
  EXPECT_EQ(find_config("", "").error().message,
            "kubeconfig /nonexistent:/nowhere: none of these files exists");
}

TEST(FindConfigK37, GivenServersReplaceThoseFound) {
  const Files files;
  const auto config = find_config(files.write("config", kConfig), "192.0.2.1,192.0.2.2:7443");
  ASSERT_TRUE(config);
  ASSERT_EQ(config->servers.size(), 2U);
  EXPECT_EQ(config->servers[1].host, "192.0.2.2");
  EXPECT_EQ(config->servers[1].port, 7443);
}

TEST(FindConfig, NothingAtAllIsSaidWithTheThreeWaysOut) {
  unsetenv("KUBECONFIG");
  unsetenv("KUBERNETES_SERVICE_HOST");
  EXPECT_EQ(find_config("", "").error(),
            fail(Code::kNotFound,
                 "no API server known: give --kubeconfig, set KUBECONFIG, or run as a pod of the cluster"));
}

TEST(InClusterK37, IsTheServiceTheAccountsFilesAndItsNamespace) {
  const Files files;
  const auto token = files.write("token", "secret");
  files.write("ca.crt", "pem");
  files.write("namespace", "fairlead-system\n");
  const auto folder = token.substr(0, token.rfind('/'));
  Environment environment;
  environment.set("KUBERNETES_SERVICE_PORT", "6443");
  for (const auto* host : {"fd00::1", "[fd00::1]"}) {  // kubelet writes no brackets; people do
    environment.set("KUBERNETES_SERVICE_HOST", host);
    const auto config = in_cluster_config(folder);
    ASSERT_TRUE(config);
    EXPECT_EQ(config->servers.at(0).host, "fd00::1");
    EXPECT_EQ(config->servers.at(0).port, 6443);
    EXPECT_EQ(config->token_file, token);
    EXPECT_EQ(config->ca_file, folder + "/ca.crt");
    EXPECT_EQ(config->namespace_name, "fairlead-system");
  }
}

TEST(InClusterK37, AFileThatIsNotMountedIsNamedWithTheWayOut) {
  const Files files;
  const auto ca = files.write("ca.crt", "pem");
  Environment environment;
  environment.set("KUBERNETES_SERVICE_HOST", "10.96.0.1");
  environment.set("KUBERNETES_SERVICE_PORT", "443");
  const auto folder = ca.substr(0, ca.rfind('/'));
  EXPECT_EQ(in_cluster_config(folder).error().message,
            "cannot read " + folder +
                "/token: No such file or directory; mount the service account "
                "(automountServiceAccountToken: true)");
}

TEST(InClusterK37, APortThatIsNoneIsRefused) {
  Environment environment;
  environment.set("KUBERNETES_SERVICE_HOST", "10.96.0.1");
  environment.set("KUBERNETES_SERVICE_PORT", "tcp");
  EXPECT_EQ(in_cluster_config("/nowhere").error().message,
            "KUBERNETES_SERVICE_PORT must be 1..65535, got \"tcp\"");
}

}  // namespace
}  // namespace fairlead::apiserver
