#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace xrayclf::testing_support {

struct HttpAnswer {
  int status = 0;                              ///< 0: the connection was closed without an answer
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  nlohmann::json json() const { return nlohmann::json::parse(body); }
  std::string code() const { return json().at("code"); }
};

/// A plain socket that sends what it is told, byte for byte. Nothing here waits for longer than
/// `patience`.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port, const std::string& own_address = "127.0.0.1",
                      std::chrono::milliseconds patience = std::chrono::seconds(20))
      : patience_(patience) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    ::inet_pton(AF_INET, own_address.c_str(), &own.sin_addr);
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(port);
    ::inet_pton(AF_INET, "127.0.0.1", &server.sin_addr);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&own), sizeof own) != 0 ||
        ::connect(socket_, reinterpret_cast<sockaddr*>(&server), sizeof server) != 0) {
      ::close(socket_);
      throw std::runtime_error("cannot connect");
    }
  }
  ~HttpClient() { ::close(socket_); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  int socket() const { return socket_; }

  /// False once the server has hung up.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// The next answer, or status 0 when the server closes without one. Throws after `patience`.
  HttpAnswer receive(bool to_head = false) {
    HttpAnswer answer;
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
      if (!more()) return answer;
    }
    const auto end = buffer_.find("\r\n\r\n");
    std::string_view head(buffer_.data(), end);
    answer.status = std::stoi(std::string(head.substr(9, 3)));
    for (auto at = head.find("\r\n"); at != std::string_view::npos;) {
      const auto next = head.find("\r\n", at + 2);
      const std::string_view line = head.substr(at + 2, next - at - 2);
      const auto colon = line.find(": ");
      std::string name(line.substr(0, colon));
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      answer.headers[name] = line.substr(colon + 2);
      at = next;
    }
    const std::size_t size = to_head || answer.headers.count("content-length") == 0
                                 ? 0
                                 : std::stoul(answer.headers.at("content-length"));
    while (buffer_.size() < end + 4 + size) {
      if (!more()) throw std::runtime_error("the answer was cut off");
    }
    answer.body = buffer_.substr(end + 4, size);
    buffer_.erase(0, end + 4 + size);
    return answer;
  }

  /// Whether the server closes within this time, whatever it sends before.
  bool closes_within(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      pollfd entry{socket_, POLLIN, 0};
      if (::poll(&entry, 1, 20) <= 0) continue;
      char bytes[4096];
      if (::recv(socket_, bytes, sizeof bytes, 0) <= 0) return true;
    }
    return false;
  }

  HttpAnswer ask(std::string_view bytes) {
    send(bytes);
    return receive();
  }

 private:
  bool more() {
    pollfd entry{socket_, POLLIN, 0};
    if (::poll(&entry, 1, static_cast<int>(patience_.count())) <= 0) {
      throw std::runtime_error("no answer in time");
    }
    char bytes[65536];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }

  std::chrono::milliseconds patience_;
  int socket_ = -1;
  std::string buffer_;
};

/// A whole request. `fields` are lines that end with CR LF.
inline std::string request(const std::string& method, const std::string& target,
                           const std::string& fields = "", const std::string& body = "") {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields;
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

inline std::string post_image(const std::string& target, const std::string& bytes,
                              const std::string& fields = "") {
  return request("POST", target, "Content-Type: image/png\r\n" + fields, bytes);
}

}  // namespace xrayclf::testing_support
