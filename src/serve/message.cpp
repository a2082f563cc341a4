#include "xrayclf/serve/message.hpp"

#include <string_view>

namespace xrayclf {

Response json_response(const nlohmann::ordered_json& value, int status) {
  Response response;
  response.status = status;
  response.body =
      value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  return response;
}

Response refusal_response(const Refusal& refusal, const std::string& request_id) {
  Response response = json_response(
      {{"code", refusal.code}, {"message", refusal.what()}, {"request_id", request_id}},
      refusal.status);
  response.headers = refusal.headers;
  return response;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  std::string out;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

}  // namespace xrayclf
