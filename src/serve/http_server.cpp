#include "xrayclf/serve/http_server.hpp"

#include <algorithm>
#include <future>
#include <random>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "http_session.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

/// What counts as one address: of IPv6 the network that one client is given.
std::string address_key(const asio::ip::address& address) {
  if (!address.is_v6()) return address.to_string();
  auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  if (v6.is_loopback()) return v6.to_string();
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return asio::ip::address_v6(bytes).to_string();
}

/// Connections beyond the limit that are told so before they are closed; the others are only
/// closed.
constexpr std::int64_t kTurnedAwayAtATime = 64;
constexpr const char* kTurnedAway = "turned away";

}  // namespace

struct HttpServer::State {
  State(const HttpLimits& limits, RequestHandler& handler, Metrics& metrics)
      : share(std::make_shared<SessionShare>(
            SessionShare{limits, handler, metrics, {}, 0, {}, {}, 0, false})),
        acceptor(context),
        pause(context) {}

  void accept();
  void on_accept(ErrorCode error, Tcp::socket socket);
  bool anybody_busy() const;

  asio::io_context context{1};
  std::shared_ptr<SessionShare> share;
  Tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::thread thread;
};

HttpServer::HttpServer(const std::string& host, std::uint16_t port, const HttpLimits& limits,
                       RequestHandler& handler, Metrics& metrics)
    : state_(std::make_unique<State>(limits, handler, metrics)) {
  ErrorCode error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) {
    throw ConfigError("host must be an address, as 127.0.0.1 or ::1, got '" + printable(host) +
                      "'");
  }
  const Tcp::endpoint endpoint(address, port);
  Tcp::acceptor& acceptor = state_->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    throw IoError(fmt::format("cannot listen on {} port {}: {}", host, port, error.message()));
  }
  std::random_device random;
  state_->share->id_prefix = fmt::format("{:08x}", random());
}

HttpServer::~HttpServer() {
  state_->context.stop();
  if (state_->thread.joinable()) state_->thread.join();
}

std::uint16_t HttpServer::port() const { return state_->acceptor.local_endpoint().port(); }

std::string HttpServer::url() const {
  const auto endpoint = state_->acceptor.local_endpoint();
  const std::string address = endpoint.address().to_string();
  return fmt::format("http://{}:{}", endpoint.address().is_v6() ? "[" + address + "]" : address,
                     endpoint.port());
}

void HttpServer::start() {
  state_->accept();
  state_->thread = std::thread([this] { state_->context.run(); });
}

void HttpServer::State::accept() {
  acceptor.async_accept(
      [this](ErrorCode error, Tcp::socket socket) { on_accept(error, std::move(socket)); });
}

void HttpServer::State::on_accept(ErrorCode error, Tcp::socket socket) {
  if (error) {
    // Out of descriptors, mostly: the next attempt has to wait for some to come back.
    pause.expires_after(std::chrono::milliseconds(100));
    pause.async_wait([this](ErrorCode stopped) {
      if (!stopped) accept();
    });
    return;
  }
  ErrorCode gone;
  const auto remote = socket.remote_endpoint(gone);
  if (!gone) {
    ErrorCode ignored;
    socket.set_option(Tcp::no_delay(true), ignored);
    const std::string address = address_key(remote.address());
    const HttpLimits& limits = share->limits;
    const auto own = share->addresses.find(address);
    const std::int64_t of_address = own == share->addresses.end() ? 0 : own->second;
    // Those that are turned away are sessions, too; they take nobody's place.
    const auto told = share->addresses.find(kTurnedAway);
    const std::int64_t turned_away = told == share->addresses.end() ? 0 : told->second;
    const auto all = static_cast<std::int64_t>(share->sessions.size()) - turned_away;
    if (all < limits.connections && of_address < limits.connections_per_address) {
      share->metrics.count("connections_total");
      std::make_shared<HttpSession>(std::move(socket), address, share)->start();
    } else {
      share->metrics.count("connections_refused_total");
      if (turned_away < kTurnedAwayAtATime) {
        std::make_shared<HttpSession>(std::move(socket), kTurnedAway, share)
            ->turn_away({503,
                         "too_many_connections",
                         "too many connections; try again",
                         {{"Retry-After", "1"}}});
      }
    }
  }
  accept();
}

bool HttpServer::State::anybody_busy() const {
  for (const HttpSession* session : share->sessions) {
    if (session->busy()) return true;
  }
  return false;
}

bool HttpServer::drain(std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  bool cut_off = false;
  while (true) {
    std::promise<bool> busy;
    asio::post(state_->context, [&] {
      state_->share->draining = true;
      const auto sessions = state_->share->sessions;
      const bool out_of_time = std::chrono::steady_clock::now() >= end;
      for (HttpSession* session : sessions) {
        if (out_of_time && session->busy()) {
          cut_off = true;
          session->close();
        } else {
          session->close_if_idle();
        }
      }
      busy.set_value(state_->anybody_busy());
    });
    if (!busy.get_future().get()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  state_->context.stop();
  state_->thread.join();
  return !cut_off;
}

}  // namespace xrayclf
