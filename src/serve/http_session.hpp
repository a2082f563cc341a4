#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "xrayclf/serve/http_server.hpp"

namespace xrayclf {

class HttpSession;

/// What the sessions of one server share; touched by the I/O thread alone.
struct SessionShare {
  HttpLimits limits;
  RequestHandler& handler;
  Metrics& metrics;
  std::string id_prefix;  ///< 8 hex digits, another in every process
  std::uint32_t next_id = 0;
  std::set<HttpSession*> sessions;
  std::map<std::string, std::int64_t> addresses;  ///< connections by address
  std::int64_t body_bytes = 0;                    ///< of all bodies that are held
  bool draining = false;
};

/// One connection: reads a head, asks whether it may come in, reads the body, waits for the answer,
/// writes it, and begins again. Lives by the handlers that hold it.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  using Tcp = boost::asio::ip::tcp;

  HttpSession(Tcp::socket socket, std::string address, std::shared_ptr<SessionShare> share);
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  void start();
  /// Answers this before anything is read, and closes.
  void turn_away(const Refusal& refusal);
  /// Closes the connection if nobody waits on it.
  void close_if_idle();
  /// Hangs up, whoever waits.
  void close();
  bool busy() const { return busy_; }

 private:
  using Clock = std::chrono::steady_clock;
  using ErrorCode = boost::system::error_code;

  void read_head();
  void on_head_bytes(ErrorCode error, std::size_t size);
  void begin_request(std::size_t head_size);
  void read_body();
  void on_body_bytes(ErrorCode error);
  void hold_body(std::size_t bytes);
  void dispatch();
  void watch_client();
  void refuse(const Refusal& refusal);
  void send(Response response);
  void on_sent(ErrorCode error);
  void close_gently();
  void discard();
  /// From now on the pending operation has so long.
  void set_deadline(double seconds);

  Tcp::socket socket_;
  boost::asio::steady_timer timer_;
  Clock::time_point deadline_;
  std::string address_;
  std::shared_ptr<SessionShare> share_;
  boost::beast::flat_buffer buffer_;
  std::string discarded_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  boost::beast::http::response<boost::beast::http::string_body> response_;
  RequestHead head_;
  std::string id_;
  std::string route_;
  std::shared_ptr<Waiting> waiting_;
  Clock::time_point request_began_;
  Clock::time_point body_began_;
  std::size_t body_read_ = 0;
  std::size_t held_ = 0;  ///< bytes of the body that count in the share
  std::int64_t requests_ = 0;
  bool head_complete_ = false;
  bool busy_ = false;   ///< a request is being read, worked on or answered
  bool close_ = false;  ///< after this answer
  bool over_ = false;
  bool timed_out_ = false;
};

}  // namespace xrayclf
