#include "xrayclf/serve/health.hpp"

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {

int http_status(const std::string& host, std::uint16_t port, const std::string& path,
                std::chrono::milliseconds timeout) {
  namespace asio = boost::asio;
  namespace http = boost::beast::http;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) {
    throw ConfigError("host must be an address, as 127.0.0.1 or ::1, got '" + printable(host) +
                      "'");
  }
  asio::io_context context;
  boost::beast::tcp_stream stream(context);
  boost::beast::flat_buffer buffer;
  http::request<http::empty_body> request{http::verb::get, path, 11};
  request.set(http::field::host, "localhost");
  http::response<http::string_body> response;
  boost::system::error_code outcome = asio::error::timed_out;
  stream.expires_after(timeout);
  stream.async_connect(asio::ip::tcp::endpoint(address, port), [&](auto connected) {
    outcome = connected;
    if (connected) return;
    http::async_write(stream, request, [&](auto written, std::size_t) {
      outcome = written;
      if (written) return;
      http::async_read(stream, buffer, response, [&](auto read, std::size_t) { outcome = read; });
    });
  });
  context.run();
  if (outcome) {
    throw IoError(fmt::format("no answer from {} port {}: {}", host, port, outcome.message()));
  }
  return static_cast<int>(response.result_int());
}

}  // namespace xrayclf
