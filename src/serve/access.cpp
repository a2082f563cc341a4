#include "xrayclf/serve/access.hpp"

#include <arpa/inet.h>
#include <sys/stat.h>

#include <algorithm>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/serve/message.hpp"

namespace xrayclf {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// Of NAME, NAME:PORT, [V6] or [V6]:PORT the name in lower case; "" for anything else.
std::string host_name(const std::string& host) {
  const auto bracket = host.find(']');
  const auto colon = host.find(':', bracket == std::string::npos ? 0 : bracket);
  const std::string port = colon == std::string::npos ? "0" : host.substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == std::string::npos;
  return digits ? lower(host.substr(0, colon)) : "";
}

std::string read_token(const std::filesystem::path& path) {
  struct stat status {};
  const std::string shown = printable(path.string());
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0) {
    throw ConfigError(shown + ": others than its owner may read or change it; chmod 600 it");
  }
  std::string token = read_file(path, 4096);
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  const bool plain =
      std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (token.size() < 16 || !plain) {
    throw ConfigError(shown +
                      ": a token is one line of 16 or more printable characters without blanks; "
                      "make one by: openssl rand -hex 32");
  }
  return token;
}

}  // namespace

bool is_loopback(const std::string& host) {
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  return host == "localhost" || host == "::1";
}

AccessPolicy::AccessPolicy(const Settings& settings)
    : hosts_{"localhost", "127.0.0.1", "[::1]"}, origins_(settings.origins) {
  for (const std::string& host : settings.hosts) {
    const std::string name = host_name(host);
    if (name.empty() || name != lower(host)) {
      throw ConfigError("allowed_hosts must be names without scheme and port, got '" +
                        printable(host) + "'");
    }
    hosts_.push_back(name);
  }
  for (const std::string& origin : origins_) {
    const auto scheme = origin.find("://");
    if (scheme == std::string::npos || origin.find('/', scheme + 3) != std::string::npos ||
        origin.find('*') != std::string::npos) {
      throw ConfigError("allowed_origins must be exact, as https://ward.example, got '" +
                        printable(origin) + "'");
    }
  }
  if (!settings.token_file.empty()) token_sha256_ = sha256_hex(read_token(settings.token_file));
}

void AccessPolicy::require_known_sender(const RequestHead& head) const {
  const std::string& host = *head.find("host");
  const std::string name = host_name(host);
  if (std::find(hosts_.begin(), hosts_.end(), name) == hosts_.end()) {
    throw Refusal(421, "unknown_host",
                  "this server does not answer to that Host; its owner can name it by "
                  "--allowed_hosts");
  }
  const std::string* origin = head.find("origin");
  if (head.method == "GET" || head.method == "HEAD" || origin == nullptr) return;
  const std::string own = lower(host);
  const bool same = *origin == "http://" + own || *origin == "https://" + own;
  if (!same && allowed_origin(head).empty()) {
    throw Refusal(403, "foreign_origin", "pages of other origins may not send requests here");
  }
}

void AccessPolicy::require_token(const RequestHead& head) const {
  if (token_sha256_.empty()) return;
  const std::string* field = head.find("authorization");
  const std::string given = field != nullptr && field->starts_with("Bearer ")
                                ? field->substr(std::string("Bearer ").size())
                                : "";
  if (same_digest(sha256_hex(given), token_sha256_)) return;
  throw Refusal(401, "unauthorized", "a valid token is needed: Authorization: Bearer TOKEN",
                {{"WWW-Authenticate", "Bearer"}});
}

std::string AccessPolicy::allowed_origin(const RequestHead& head) const {
  const std::string* origin = head.find("origin");
  if (origin == nullptr) return "";
  return std::find(origins_.begin(), origins_.end(), *origin) == origins_.end() ? "" : *origin;
}

}  // namespace xrayclf
