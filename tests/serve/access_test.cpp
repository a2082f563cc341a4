#include "xrayclf/serve/access.hpp"

#include <sys/stat.h>

#include <string>

#include <gtest/gtest.h>

#include "support/film_tree.hpp"
#include "support/temporary_directory.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/serve/message.hpp"

namespace xrayclf {
namespace {

using testing_support::TemporaryDirectory;
using testing_support::write_text;

RequestHead head_of(const std::string& method, const std::string& fields) {
  return parse_request_head(method + " / HTTP/1.1\r\n" + fields + "\r\n", HttpLimits());
}

int sender_status(const AccessPolicy& policy, const std::string& method,
                  const std::string& fields) {
  try {
    policy.require_known_sender(head_of(method, fields));
    return 200;
  } catch (const Refusal& refusal) {
    return refusal.status;
  }
}

TEST(AccessPolicy, AnswersToItsOwnNamesOnly) {
  const AccessPolicy policy({.hosts = {"ward.example"}});
  for (const char* host : {"localhost", "LocalHost:8000", "127.0.0.1:1", "[::1]:8000", "[::1]",
                           "ward.example", "Ward.Example:443"}) {
    EXPECT_EQ(sender_status(policy, "GET", std::string("Host: ") + host + "\r\n"), 200) << host;
  }
  for (const char* host :
       {"evil.example", "", "localhost.evil.example", "127.0.0.2", "localhost:", "localhost:80a",
        "localhost@evil", "[::1", "ward.example.", "::1", "localhost:123456"}) {
    EXPECT_EQ(sender_status(policy, "GET", std::string("Host: ") + host + "\r\n"), 421) << host;
  }
}

TEST(AccessPolicy, PagesOfOtherOriginsMayNotPost) {
  const AccessPolicy policy({.origins = {"https://ward.example"}});
  const auto post = [&](const std::string& origin) {
    return sender_status(policy, "POST", "Host: localhost:8000\r\nOrigin: " + origin + "\r\n");
  };
  EXPECT_EQ(sender_status(policy, "POST", "Host: localhost:8000\r\n"), 200);
  EXPECT_EQ(post("http://localhost:8000"), 200);
  EXPECT_EQ(post("https://localhost:8000"), 200);
  EXPECT_EQ(post("https://ward.example"), 200);
  for (const char* origin :
       {"http://localhost", "http://localhost:8001", "null", "", "http://evil.example",
        "https://ward.example.evil", "http://ward.example", "https://ward.example:444"}) {
    EXPECT_EQ(post(origin), 403) << origin;
  }
}

TEST(AccessPolicy, TokenIsComparedWholeAndMissingAndWrongLookAlike) {
  const TemporaryDirectory directory;
  const auto file = directory / "token";
  write_text(file, "0123456789abcdef\n");
  ::chmod(file.c_str(), 0600);
  const AccessPolicy policy({.token_file = file});
  const auto refusal_for = [&](const std::string& fields) -> std::string {
    try {
      policy.require_token(head_of("GET", "Host: localhost\r\n" + fields));
      return "";
    } catch (const Refusal& refusal) {
      return std::to_string(refusal.status) + " " + refusal.code + " " + refusal.what();
    }
  };
  EXPECT_EQ(refusal_for("Authorization: Bearer 0123456789abcdef\r\n"), "");
  const std::string missing = refusal_for("");
  EXPECT_EQ(missing.substr(0, 3), "401");
  for (const char* value :
       {"Bearer 0123456789abcdeF", "Bearer 0123456789abcde", "Bearer ", "bearer 0123456789abcdef",
        "Basic 0123456789abcdef", "Bearer  0123456789abcdef", "0123456789abcdef"}) {
    EXPECT_EQ(refusal_for(std::string("Authorization: ") + value + "\r\n"), missing) << value;
  }
}

TEST(AccessPolicy, TokenFileThatOthersMayReadOrThatIsWeakIsRefused) {
  const TemporaryDirectory directory;
  const auto file = directory / "token";
  write_text(file, "0123456789abcdef");
  for (const mode_t mode : {0640, 0604, 0620, 0666}) {
    ::chmod(file.c_str(), mode);
    EXPECT_THROW(AccessPolicy({.token_file = file}), ConfigError) << mode;
  }
  ::chmod(file.c_str(), 0600);
  EXPECT_NO_THROW(AccessPolicy({.token_file = file}));
  for (const char* weak : {"", "short", "0123456789abc\ndef", "0123456789 abcdef"}) {
    write_text(file, weak);
    EXPECT_THROW(AccessPolicy({.token_file = file}), ConfigError) << weak;
  }
  EXPECT_THROW(AccessPolicy({.token_file = directory / "none"}), IoError);
}

TEST(AccessPolicy, NamesAndOriginsOfAnotherFormAreRefused) {
  EXPECT_THROW(AccessPolicy({.hosts = {"http://ward"}}), ConfigError);
  EXPECT_THROW(AccessPolicy({.hosts = {"ward:80"}}), ConfigError);
  EXPECT_THROW(AccessPolicy({.origins = {"*"}}), ConfigError);
  EXPECT_THROW(AccessPolicy({.origins = {"https://ward/"}}), ConfigError);
  EXPECT_THROW(AccessPolicy({.origins = {"https://*.ward"}}), ConfigError);
}

TEST(AccessPolicy, LoopbackIsKnown) {
  for (const char* host : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "example", ""}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace xrayclf
