#include "xrayclf/serve/request_head.hpp"

#include <string>

#include <gtest/gtest.h>

#include "xrayclf/serve/message.hpp"

namespace xrayclf {
namespace {

RequestHead read_head(const std::string& bytes) { return parse_request_head(bytes, HttpLimits()); }

int status_of(const std::string& bytes) {
  try {
    read_head(bytes);
    return 200;
  } catch (const Refusal& refusal) {
    return refusal.status;
  }
}

/// A head whose lines are given without their ends.
std::string head_of(const std::string& line, const std::string& fields = "Host: a\r\n") {
  return line + "\r\n" + fields + "\r\n";
}

TEST(RequestHead, ReadsLineFieldsAndQuery) {
  const RequestHead head =
      read_head(head_of("POST /gradcam?class=COVID-19&method=gradcam%2b%2B&model=a+b HTTP/1.1",
                        "Host: localhost:8000\r\nCONTENT-length: 12\r\nX-Odd:\t v \t\r\n"));
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.path, "/gradcam");
  EXPECT_EQ(head.query.at("class"), "COVID-19");
  EXPECT_EQ(head.query.at("method"), "gradcam++");
  EXPECT_EQ(head.query.at("model"), "a b");
  EXPECT_EQ(*head.find("host"), "localhost:8000");
  EXPECT_EQ(*head.find("x-odd"), "v");
  EXPECT_EQ(head.content_length, 12u);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_TRUE(head.has_body());
}

TEST(RequestHead, ConnectionCloseIsHeardAmongOthers) {
  EXPECT_FALSE(
      read_head(head_of("GET / HTTP/1.1", "Host: a\r\nConnection: foo, Close\r\n")).keep_alive);
}

struct Case {
  const char* name;
  std::string bytes;
  int status;
};

TEST(RequestHead, WhatTwoReadersCouldReadInTwoWaysIsRefused) {
  const auto with = [](const std::string& fields) {
    return head_of("POST /predict HTTP/1.1", "Host: a\r\n" + fields);
  };
  const Case cases[] = {
      {"two lengths that agree", with("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
      {"two lengths that differ", with("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
      {"a list of lengths", with("Content-Length: 5, 5\r\n"), 400},
      {"a signed length", with("Content-Length: +5\r\n"), 400},
      {"a negative length", with("Content-Length: -5\r\n"), 400},
      {"a hexadecimal length", with("Content-Length: 0x5\r\n"), 400},
      {"an empty length", with("Content-Length:\r\n"), 400},
      {"a length of 20 digits", with("Content-Length: 99999999999999999999\r\n"), 400},
      {"length and chunked", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"chunked and length", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
      {"chunked twice", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"another coding", with("Transfer-Encoding: gzip, chunked\r\n"), 400},
      {"identity", with("Transfer-Encoding: identity\r\n"), 400},
      {"chunked with a tab in it", with("Transfer-Encoding: chun\tked\r\n"), 400},
      {"a space before the colon", with("Content-Length : 5\r\n"), 400},
      {"a folded line", with("X-A: b\r\n c\r\n"), 400},
      {"a line folded by a tab", with("X-A: b\r\n\tc\r\n"), 400},
      {"a first line that is folded", head_of("GET / HTTP/1.1", " Host: a\r\n"), 400},
      {"a bare LF", with("X-A: b\nContent-Length: 5\r\n"), 400},
      {"a bare CR", with("X-A: b\rContent-Length: 5\r\n"), 400},
      {"a NUL in a value", with(std::string("X-A: b\0c\r\n", 10)), 400},
      {"a NUL in a name", with(std::string("X\0A: b\r\n", 8)), 400},
      {"an escape in a value", with("X-A: \x1b[31m\r\n"), 400},
      {"a name with a space", with("X A: b\r\n"), 400},
      {"a name of no character", with(": b\r\n"), 400},
      {"a line without a colon", with("Content-Length\r\n"), 400},
      {"no host", head_of("GET / HTTP/1.1", ""), 400},
      {"two hosts", head_of("GET / HTTP/1.1", "Host: a\r\nHost: b\r\n"), 400},
      {"two types", with("Content-Type: image/png\r\nContent-Type: text/html\r\n"), 400},
      {"two origins", with("Origin: http://a\r\nOrigin: http://b\r\n"), 400},
      {"a whole address as target", head_of("GET http://a/predict HTTP/1.1"), 400},
      {"an authority as target", head_of("CONNECT a:80 HTTP/1.1"), 400},
      {"a star", head_of("OPTIONS * HTTP/1.1"), 400},
      {"two spaces", head_of("GET  / HTTP/1.1"), 400},
      {"a space in the target", head_of("GET /a b HTTP/1.1"), 400},
      {"a tab as a separator", head_of("GET\t/ HTTP/1.1"), 400},
      {"a fragment", head_of("GET /#a HTTP/1.1"), 400},
      {"bytes beyond ASCII in the target", head_of("GET /\xc3\xa4 HTTP/1.1"), 400},
      {"no version", head_of("GET /"), 400},
      {"a lower-case version", head_of("GET / http/1.1"), 400},
      {"version 1.0", head_of("GET / HTTP/1.0"), 505},
      {"version 2.0", head_of("GET / HTTP/2.0"), 505},
      {"version 1.10", head_of("GET / HTTP/1.10"), 505},
      {"an empty line first", "\r\n" + head_of("GET / HTTP/1.1"), 400},
      {"an odd method", head_of("G=T / HTTP/1.1"), 400},
      {"an endless method", head_of(std::string(17, 'A') + " / HTTP/1.1"), 400},
      {"Expect", with("Expect: 100-continue\r\nContent-Length: 5\r\n"), 417},
      {"GET with a body", head_of("GET / HTTP/1.1", "Host: a\r\nContent-Length: 5\r\n"), 400},
      {"GET in chunks", head_of("GET / HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked\r\n"),
       400},
      {"a broken escape", head_of("GET /?a=%zz HTTP/1.1"), 400},
      {"half an escape", head_of("GET /?a=%4 HTTP/1.1"), 400},
      {"a NUL in the query", head_of("GET /?a=%00 HTTP/1.1"), 400},
      {"a line feed in the query", head_of("GET /?a=%0a HTTP/1.1"), 400},
      {"not UTF-8 in the query", head_of("GET /?a=%ff HTTP/1.1"), 400},
      {"a parameter twice", head_of("GET /?a=1&a=2 HTTP/1.1"), 400},
      {"a long target", head_of("GET /" + std::string(2048, 'a') + " HTTP/1.1"), 414},
      {"a long header", with("X-A: " + std::string(8192, 'a') + "\r\n"), 431},
  };
  for (const Case& c : cases) EXPECT_EQ(status_of(c.bytes), c.status) << c.name;
}

TEST(RequestHead, LimitsAreExact) {
  const auto fields = [](int count) {
    std::string text = "Host: a\r\n";
    for (int i = 1; i < count; ++i) text += "X-" + std::to_string(i) + ": a\r\n";
    return head_of("GET / HTTP/1.1", text);
  };
  EXPECT_EQ(status_of(fields(64)), 200);
  EXPECT_EQ(status_of(fields(65)), 431);
  EXPECT_EQ(status_of(head_of("GET /" + std::string(2047, 'a') + " HTTP/1.1")), 200);
  const std::string before = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  EXPECT_EQ(status_of(before + std::string(8192 - before.size() - 4, 'a') + "\r\n\r\n"), 200);
  EXPECT_EQ(status_of(before + std::string(8193 - before.size() - 4, 'a') + "\r\n\r\n"), 431);
}

TEST(RequestHead, HopelessBeginningsAreKnownEarly) {
  EXPECT_FALSE(cannot_be_head("GET / HTTP/1.1\r\nHost"));
  EXPECT_FALSE(cannot_be_head("GET / HTTP/1.1\r"));
  EXPECT_TRUE(cannot_be_head("GET / HTTP/1.1\n"));
  EXPECT_TRUE(cannot_be_head("\n"));
  EXPECT_TRUE(cannot_be_head(std::string("GE\0T", 4)));
}

}  // namespace
}  // namespace xrayclf
