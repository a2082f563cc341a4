#include "xrayclf/serve/multipart.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "xrayclf/core/random.hpp"
#include "xrayclf/serve/message.hpp"

namespace xrayclf {
namespace {

const std::string kType = "multipart/form-data; boundary=XX";
const std::string kFile = "Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n";

std::string part(const std::string& data, const std::string& header = kFile) {
  return "--XX\r\n" + header + "\r\n" + data + "\r\n";
}

int status_of(const std::string& body, const std::string& type = kType) {
  try {
    const std::string boundary = multipart_boundary(type);
    if (boundary.empty()) return 415;
    parse_multipart(body, boundary, {});
    return 200;
  } catch (const Refusal& refusal) {
    return refusal.status;
  }
}

std::vector<Part> read_form(const std::string& body) { return parse_multipart(body, "XX", {}); }

TEST(Multipart, ReadsPartsAsBrowsersSendThem) {
  const std::string data("a\r\n--X\r\n\0--XXX\r\n--XX-", 21);
  const std::string body =
      part(data,
           "content-disposition: form-data; name=\"file\"; filename=\"\\\"a\\\\b.png\"\r\n"
           "Content-Type: image/png\r\n") +
      part("", "Content-Disposition: form-data; name=note\r\n") + "--XX--\r\n";
  const auto parts = read_form(body);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].name, "file");
  EXPECT_EQ(parts[0].file_name, "\"a\\b.png");
  EXPECT_EQ(parts[0].data, data);
  EXPECT_EQ(parts[1].name, "note");
  EXPECT_EQ(parts[1].file_name, "");
  EXPECT_EQ(parts[1].data, "");
}

TEST(Multipart, BoundaryComesFromTheType) {
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(multipart_boundary("Multipart/Form-Data;charset=x; BOUNDARY=\"a b\""), "a b");
  EXPECT_EQ(multipart_boundary("image/png"), "");
  EXPECT_EQ(multipart_boundary("multipart/mixed; boundary=abc"), "");
}

struct Case {
  const char* name;
  std::string body;
  int status;
  std::string type = kType;
};

TEST(Multipart, Corpus) {
  const std::string end = "--XX--\r\n";
  const std::string good = part("data") + end;
  const auto headed = [&](const std::string& header) { return part("data", header) + end; };
  const auto typed = [&](const std::string& parameter) {
    return Case{"", good, 400, "multipart/form-data" + parameter};
  };
  std::string many;
  for (int i = 0; i < 10000; ++i) many += part("a");
  std::string eight;
  for (int i = 0; i < 8; ++i) eight += part("a");
  std::vector<Case> cases = {
      {"good", good, 200},
      {"without the last line end", part("data") + "--XX--", 200},
      {"eight parts", eight + end, 200},
      {"nine parts", eight + part("a") + end, 413},
      {"10 000 parts", many + end, 413},
      {"no part", end, 400},
      {"no part but a boundary", "--XX\r\n--XX--\r\n", 400},
      {"an empty body", "", 400},
      {"no final boundary", part("data"), 400},
      {"no final boundary, no line end", "--XX\r\n" + kFile + "\r\ndata", 400},
      {"only a boundary", "--XX", 400},
      {"only a boundary and a line end", "--XX\r\n", 400},
      {"a preamble", "hello\r\n" + good, 400},
      {"a line end first", "\r\n" + good, 400},
      {"an epilogue", good + "more", 400},
      {"a second form", good + good, 400},
      {"half a final boundary", part("data") + "--XX-", 400},
      {"another boundary", "--YY\r\n" + kFile + "\r\ndata\r\n--YY--\r\n", 400},
      {"a longer boundary", "--XXY\r\n" + kFile + "\r\ndata\r\n--XX--\r\n", 400},
      {"lines that end with LF", "--XX\n" + kFile + "\ndata\n--XX--\n", 400},
      {"a header that ends with LF",
       "--XX\r\nContent-Disposition: form-data; name=\"file\"\n\ndata\r\n" + end, 400},
      {"a header line that ends with CR",
       headed("Content-Disposition: form-data; name=\"file\"\rX: y\r\n"), 400},
      {"blanks after the boundary", "--XX \r\n" + kFile + "\r\ndata\r\n" + end, 400},
      {"no header", "--XX\r\n\r\ndata\r\n" + end, 400},
      {"a header without an end", "--XX\r\n" + kFile + "data", 400},
      {"no Content-Disposition", headed("Content-Type: image/png\r\n"), 400},
      {"two Content-Dispositions", headed(kFile + kFile), 400},
      {"an attachment", headed("Content-Disposition: attachment; name=\"file\"\r\n"), 400},
      {"no name", headed("Content-Disposition: form-data\r\n"), 400},
      {"a name twice", headed("Content-Disposition: form-data; name=\"a\"; name=\"file\"\r\n"),
       400},
      {"a file name twice",
       headed("Content-Disposition: form-data; name=\"file\"; filename=\"a\"; filename=\"b\"\r\n"),
       400},
      {"filename* beside filename",
       headed("Content-Disposition: form-data; name=\"file\"; filename=\"a\"; "
              "filename*=UTF-8''%2e%2e%2fb\r\n"),
       200},
      {"a quotation without an end", headed("Content-Disposition: form-data; name=\"file\r\n"),
       400},
      {"no equals sign", headed("Content-Disposition: form-data; name\r\n"), 400},
      {"no semicolon", headed("Content-Disposition: form-data name=\"file\"\r\n"), 400},
      {"a folded header", headed("Content-Disposition: form-data;\r\n name=\"file\"\r\n"), 400},
      {"a NUL in a header",
       headed(std::string("Content-Disposition: form-data; name=\"fi\0le\"\r\n", 46)), 400},
      {"a space before the colon", headed("Content-Disposition : form-data; name=\"file\"\r\n"),
       400},
      {"a file name of 300 kB",
       headed("Content-Disposition: form-data; name=\"file\"; filename=\"" +
              std::string(300000, 'a') + "\"\r\n"),
       413},
      {"a header of many lines", headed(kFile + std::string(5000, 'X') + ": y\r\n"), 413},
      {"base64", headed(kFile + "Content-Transfer-Encoding: base64\r\n"), 400},
      {"binary", headed(kFile + "Content-Transfer-Encoding: binary\r\n"), 200},
      {"a form within the form", headed(kFile + "Content-Type: multipart/mixed; boundary=YY\r\n"),
       200},
      {"a path as file name",
       headed("Content-Disposition: form-data; name=\"file\"; filename=\"../../etc/passwd\"\r\n"),
       200},
      {"a boundary of 70", "", 400, "multipart/form-data; boundary=" + std::string(70, 'a')},
      typed("; boundary=" + std::string(71, 'a')),
      typed(""),
      typed("; boundary="),
      typed("; boundary=\"\""),
      typed("; boundary=\"XX"),
      typed("; boundary=\"a \""),
      typed("; boundary=XX; boundary=YY"),
      typed("; boundary=\"\xc3\xa4\""),
      typed("; boundary=\"a@b\""),
  };
  EXPECT_GE(cases.size(), 40u);
  for (const Case& c : cases) EXPECT_EQ(status_of(c.body, c.type), c.status) << c.name << c.type;
}

TEST(Multipart, DataMayHoldWhatLooksLikeABoundary) {
  for (const char* data :
       {"x--XX", "\r\n--X", "\r\n--XXX", "\r\n--XX\n", "\r\n--XX-", "\r\n\r\n"}) {
    const std::string body = part(data) + "--XX--\r\n";
    const auto parts = read_form(body);
    ASSERT_EQ(parts.size(), 1u) << data;
    EXPECT_EQ(parts[0].data, data);
  }
}

TEST(Multipart, CutOrChangedAnywhereItNeverReadsBeyondItsBody) {
  const std::string good = part("first") + part(std::string(50, '\0')) + "--XX--\r\n";
  Random random(7);
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_EQ(status_of(std::string(good.data(), i)), i + 2 == good.size() ? 200 : 400) << i;
    std::string changed = good;
    changed[i] = static_cast<char>(random.below(256));
    status_of(changed);
  }
}

}  // namespace
}  // namespace xrayclf
