#include "http_session.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>

namespace xrayclf {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// So long a mean rate is not judged.
constexpr double kRateGrace = 2;
/// What is still read of a body that was refused, so that the client gets to see the answer.
constexpr std::size_t kMostDiscarded = std::size_t{8} << 20;
constexpr double kDiscardSeconds = 2;
/// While others work, who bound their own time.
constexpr double kNever = 1e6;

}  // namespace

HttpSession::HttpSession(Tcp::socket socket, std::string address,
                         std::shared_ptr<SessionShare> share)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      address_(std::move(address)),
      share_(std::move(share)) {
  share_->sessions.insert(this);
  ++share_->addresses[address_];
}

HttpSession::~HttpSession() {
  share_->sessions.erase(this);
  hold_body(0);
  const auto own = share_->addresses.find(address_);
  if (--own->second == 0) share_->addresses.erase(own);
}

void HttpSession::start() { read_head(); }

void HttpSession::turn_away(const Refusal& refusal) {
  id_ = fmt::format("{}{:08x}", share_->id_prefix, share_->next_id++);
  route_ = "none";
  request_began_ = Clock::now();
  busy_ = true;
  refuse(refusal);
}

void HttpSession::close_if_idle() {
  if (!busy_) close();
}

void HttpSession::set_deadline(double seconds) {
  deadline_ = Clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  timer_.expires_at(deadline_);
  timer_.async_wait([weak = weak_from_this()](ErrorCode error) {
    const auto self = weak.lock();
    // One that was overtaken by a later deadline says nothing.
    if (error || !self || Clock::now() < self->deadline_) return;
    self->timed_out_ = true;
    ErrorCode ignored;
    self->socket_.cancel(ignored);
  });
}

void HttpSession::read_head() {
  if (buffer_.size() == 0) {
    set_deadline(share_->limits.idle_seconds);
  }
  const auto room = static_cast<std::size_t>(share_->limits.header_bytes) + 1;
  const std::size_t size = room > buffer_.size() ? room - buffer_.size() : 1;
  socket_.async_read_some(
      buffer_.prepare(size),
      beast::bind_front_handler(&HttpSession::on_head_bytes, shared_from_this()));
}

void HttpSession::on_head_bytes(ErrorCode error, std::size_t size) {
  if (timed_out_ && busy_) return refuse({408, "too_slow", "the header took too long"});
  if (error || over_) return close();
  if (!busy_) {
    busy_ = true;
    request_began_ = Clock::now();
    head_ = {};
    id_ = fmt::format("{}{:08x}", share_->id_prefix, share_->next_id++);
    route_ = "none";
    set_deadline(share_->limits.header_seconds);
  }
  buffer_.commit(size);
  const auto data = buffer_.cdata();
  const std::string_view bytes(static_cast<const char*>(data.data()), data.size());
  const auto end = bytes.find("\r\n\r\n");
  if (cannot_be_head(bytes.substr(0, end))) {
    return refuse({400, "malformed_request", "a line of the header ends without CR LF"});
  }
  if (end != std::string_view::npos) return begin_request(end + 4);
  if (bytes.size() > static_cast<std::size_t>(share_->limits.header_bytes)) {
    return refuse({431, "header_too_large",
                   fmt::format("the header is longer than {} bytes", share_->limits.header_bytes)});
  }
  read_head();
}

void HttpSession::begin_request(std::size_t head_size) {
  ++requests_;
  head_complete_ = true;
  const auto data = buffer_.cdata();
  const std::string_view bytes(static_cast<const char*>(data.data()), head_size);
  try {
    head_ = parse_request_head(bytes, share_->limits);
    route_ = share_->handler.route_of(head_);
    close_ = !head_.keep_alive || requests_ >= share_->limits.requests || share_->draining;
    share_->handler.admit(head_);
    if (head_.content_length.value_or(0) > static_cast<std::uint64_t>(share_->limits.body_bytes)) {
      throw Refusal(413, "body_too_large",
                    fmt::format("the body is longer than {} bytes", share_->limits.body_bytes));
    }
  } catch (const Refusal& refusal) {
    return refuse(refusal);
  }
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(share_->limits.header_bytes) * 2);
  parser_->body_limit(static_cast<std::uint64_t>(share_->limits.body_bytes));
  ErrorCode error;
  buffer_.consume(parser_->put(asio::buffer(bytes), error));
  if (error && error != http::error::need_more) {
    return refuse({400, "malformed_request", "the header cannot be read"});
  }
  parser_->eager(true);
  body_began_ = Clock::now();
  body_read_ = 0;
  if (parser_->is_done()) return dispatch();
  read_body();
}

void HttpSession::read_body() {
  const HttpLimits& limits = share_->limits;
  const double left = limits.body_seconds - seconds_since(body_began_);
  // A client that sends nothing at all is found out by the mean rate, too.
  const double patience = limits.body_rate > 0
                              ? std::max(kRateGrace, static_cast<double>(body_read_) /
                                                         static_cast<double>(limits.body_rate)) -
                                    seconds_since(body_began_) + 0.1
                              : left;
  set_deadline(std::max(0.0, std::min(left, patience)));
  http::async_read_some(socket_, buffer_, *parser_,
                        [self = shared_from_this()](ErrorCode error, std::size_t size) {
                          self->body_read_ += size;
                          self->on_body_bytes(error);
                        });
}

void HttpSession::on_body_bytes(ErrorCode error) {
  if (over_) return close();
  if (timed_out_) return refuse({408, "too_slow", "the body took too long"});
  if (error == http::error::body_limit) {
    return refuse({413, "body_too_large",
                   fmt::format("the body is longer than {} bytes", share_->limits.body_bytes)});
  }
  // The client is gone; a success has the system's category, too.
  const bool lost = error == http::error::end_of_stream || error == http::error::partial_message ||
                    error == asio::error::eof ||
                    (error && error.category() == asio::error::get_system_category());
  if (lost) return close();
  if (error && error != http::error::need_more) {
    return refuse({400, "malformed_request", "the body's framing is broken"});
  }
  hold_body(parser_->get().body().size());
  if (share_->body_bytes > share_->limits.bodies_bytes) {
    return refuse(
        {503, "busy", "too much is being sent at once; try again", {{"Retry-After", "1"}}});
  }
  if (parser_->is_done()) return dispatch();
  const double elapsed = seconds_since(body_began_);
  if (elapsed > share_->limits.body_seconds ||
      (elapsed > kRateGrace &&
       static_cast<double>(body_read_) < elapsed * static_cast<double>(share_->limits.body_rate))) {
    return refuse({408, "too_slow", "the body took too long"});
  }
  read_body();
}

/// So many bytes count for this session.
void HttpSession::hold_body(std::size_t bytes) {
  share_->body_bytes += static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(held_);
  held_ = bytes;
}

void HttpSession::dispatch() {
  if (buffer_.size() > 0) {
    return refuse({400, "pipelining", "one request at a time; wait for the answer"});
  }
  Request request;
  request.id = id_;
  request.method = head_.method;
  request.path = head_.path;
  request.query = head_.query;
  if (const std::string* type = head_.find("content-type")) request.content_type = *type;
  request.body = std::move(parser_->get().body());
  parser_.reset();
  set_deadline(kNever);
  waiting_ = std::make_shared<Waiting>();
  try {
    // The reply may come from another thread, or never; the session is touched, and ended, by its
    // own thread alone: whoever lets go of the reply last hands the session back to it.
    const auto executor = socket_.get_executor();
    std::shared_ptr<HttpSession> kept(this,
                                      [self = shared_from_this(), executor](HttpSession*) mutable {
                                        asio::post(executor, [self = std::move(self)] {});
                                      });
    share_->handler.handle(std::move(request), waiting_,
                           [kept = std::move(kept), executor](Response response) {
                             asio::post(executor, [kept, response = std::move(response)]() mutable {
                               kept->send(std::move(response));
                             });
                           });
  } catch (const Refusal& refusal) {
    return refuse(refusal);
  }
  watch_client();
}

/// A client that hangs up while it waits has no need of its answer.
void HttpSession::watch_client() {
  socket_.async_wait(Tcp::socket::wait_read, [self = shared_from_this()](ErrorCode error) {
    if (error || self->over_ || !self->waiting_) return;
    char byte = 0;
    ErrorCode gone;
    const auto size =
        self->socket_.receive(asio::buffer(&byte, 1), Tcp::socket::message_peek, gone);
    if (gone || size == 0) {
      self->share_->metrics.count("clients_gone_total");
      self->waiting_->end();
      self->close();
    } else {
      self->close_ = true;  // it pipelines: this answer is its last
    }
  });
}

void HttpSession::refuse(const Refusal& refusal) {
  // What follows on the connection may be a body that nobody reads.
  if (!head_complete_ || head_.has_body() || buffer_.size() > 0) close_ = true;
  if (refusal.status == 400 || refusal.status == 408 || refusal.status == 417) close_ = true;
  if (close_) buffer_.clear();
  parser_.reset();
  hold_body(0);
  share_->metrics.count("requests_refused_total");
  send(refusal_response(refusal, id_));
}

void HttpSession::send(Response response) {
  if (over_) return;
  waiting_.reset();
  ErrorCode ignored;
  socket_.cancel(ignored);  // the watch
  hold_body(0);
  response_ = {};
  response_.version(11);
  response_.result(static_cast<unsigned>(response.status));
  response_.set(http::field::content_type, response.content_type);
  response_.set("X-Request-Id", id_);
  for (const auto& [name, value] : share_->handler.headers_for(head_)) response_.set(name, value);
  for (const auto& [name, value] : response.headers) response_.set(name, value);
  close_ = close_ || share_->draining;
  response_.keep_alive(!close_);
  const std::size_t size = response.body.size();
  response_.content_length(size);
  if (head_.method != "HEAD") response_.body() = std::move(response.body);
  const double seconds = seconds_since(request_began_);
  share_->metrics.count_request(route_, response.status, seconds);
  spdlog::log(response.status >= 500 ? spdlog::level::warn : spdlog::level::info,
              "{} {} {} {} bytes in {:.0f} ms", id_, route_, response.status, size, seconds * 1000);
  set_deadline(share_->limits.write_seconds);
  http::async_write(socket_, response_, [self = shared_from_this()](ErrorCode error, std::size_t) {
    self->on_sent(error);
  });
}

void HttpSession::on_sent(ErrorCode error) {
  if (error || over_) return close();
  response_ = {};
  if (close_) return close_gently();
  busy_ = false;
  head_complete_ = false;
  if (share_->draining) return close();
  // Freed of what a large body took.
  buffer_.shrink_to_fit();
  read_head();
}

/// Says that nothing more comes, and reads on for a moment: a socket that is closed with bytes
/// unread resets the connection, and the client may lose its answer.
void HttpSession::close_gently() {
  ErrorCode ignored;
  socket_.shutdown(Tcp::socket::shutdown_send, ignored);
  discarded_.resize(1 << 14);
  body_read_ = 0;
  set_deadline(kDiscardSeconds);
  discard();
}

void HttpSession::discard() {
  socket_.async_read_some(asio::buffer(discarded_),
                          [self = shared_from_this()](ErrorCode error, std::size_t size) {
                            self->body_read_ += size;
                            if (error || self->over_ || self->body_read_ > kMostDiscarded) {
                              return self->close();
                            }
                            self->discard();
                          });
}

void HttpSession::close() {
  over_ = true;
  busy_ = false;
  if (waiting_) waiting_->end();
  hold_body(0);
  ErrorCode ignored;
  socket_.close(ignored);
  timer_.cancel();
}

}  // namespace xrayclf
