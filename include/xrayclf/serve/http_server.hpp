#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "xrayclf/serve/limits.hpp"
#include "xrayclf/serve/message.hpp"
#include "xrayclf/serve/metrics.hpp"
#include "xrayclf/serve/request_head.hpp"

namespace xrayclf {

/// Whether anybody still waits for an answer. Set from the I/O thread, read by those who work.
class Waiting {
 public:
  bool over() const { return over_.load(std::memory_order_relaxed); }
  void end() { over_.store(true, std::memory_order_relaxed); }

 private:
  std::atomic<bool> over_{false};
};

using Reply = std::function<void(Response)>;

/// What stands behind the server. All calls come from its one I/O thread and must not block.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  /// Of a head whose body was not read yet. Throws Refusal; then the body is not read.
  virtual void admit(const RequestHead& head) = 0;
  /// Answers by `reply`, once, now or later, from any thread. Throws Refusal.
  virtual void handle(Request request, std::shared_ptr<Waiting> waiting, Reply reply) = 0;
  /// What every answer to this request carries beside its own.
  virtual std::vector<std::pair<std::string, std::string>> headers_for(const RequestHead& head) = 0;
  /// A name for log and figures, which a client cannot choose.
  virtual std::string route_of(const RequestHead& head) = 0;
};

/// HTTP/1.1 on one thread (Boost.Beast for sockets, bodies and answers; heads are read by
/// parse_request_head). Keeps HttpLimits: a deadline for everything, a bounded number of
/// connections and bytes. A client that asks for a second thing before it has its answer is refused
/// and cut off.
class HttpServer {
 public:
  /// Listens at once, but does not answer yet. Port 0 takes a free one. Throws ConfigError for a
  /// host that is no literal address, IoError where it cannot listen.
  HttpServer(const std::string& host, std::uint16_t port, const HttpLimits& limits,
             RequestHandler& handler, Metrics& metrics);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  /// "http://127.0.0.1:8000"
  std::string url() const;
  void start();
  /// Ends connections that wait for nothing, waits for those with work until `limit` is over, and
  /// stops. New connections are answered meanwhile. Returns whether all had their answer.
  bool drain(std::chrono::milliseconds limit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace xrayclf
