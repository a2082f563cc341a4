#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace xrayclf {

/// A request that was let in, with its whole body.
struct Request {
  std::string id;  ///< 16 hex digits, in the log and in the answer
  std::string method;
  std::string path;                          ///< as sent, without the query
  std::map<std::string, std::string> query;  ///< decoded
  std::string content_type;
  std::string body;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// Why a request is not served: thrown on the way, and answered as {"code", "message",
/// "request_id"}. `code` is for programs and does not change; the message is for people and says
/// nothing about the machine.
struct Refusal : std::runtime_error {
  Refusal(int http_status, std::string stable_code, const std::string& message,
          std::vector<std::pair<std::string, std::string>> more_headers = {})
      : std::runtime_error(message),
        status(http_status),
        code(std::move(stable_code)),
        headers(std::move(more_headers)) {}

  int status;
  std::string code;
  std::vector<std::pair<std::string, std::string>> headers;
};

Response json_response(const nlohmann::ordered_json& value, int status = 200);
Response refusal_response(const Refusal& refusal, const std::string& request_id);

/// As encodeURIComponent: for text in a header.
std::string percent_encoded(std::string_view text);

}  // namespace xrayclf
