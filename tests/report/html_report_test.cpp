#include "xrayclf/report/html_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/film_tree.hpp"
#include "support/temporary_directory.hpp"
#include "support/well_formed.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/evaluation/report.hpp"
#include "xrayclf/report/figures.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Not;
using testing_support::markup_fault;
using testing_support::read_text;
using testing_support::write_text;

const std::string kHostile = "<script>alert(\"1\")</script> & 'x'";
const std::string kEscaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;";

/// An evaluation with its run and data, as the commands leave them, of hostile names.
class HtmlReportTest : public testing::Test {
 protected:
  HtmlReportTest() {
    Predictions predictions;
    predictions.classes = {kHostile, "normal"};
    for (int i = 0; i < 8; ++i) {
      predictions.paths.push_back("images/" + std::to_string(i) + "<b>.png");
      predictions.patients.emplace_back("");
      predictions.truth.push_back(i % 2);
      const double p = i < 6 ? 0.9 : 0.2;  // of the true class
      predictions.probabilities.push_back(i % 2 == 0 ? p : 1 - p);
      predictions.probabilities.push_back(i % 2 == 0 ? 1 - p : p);
    }
    ReportConfig config;
    config.bootstrap_samples = 20;
    const Report report = make_report(predictions, config);
    ReportContext context;
    context.baselines = {{"thumbnail " + kHostile, 0.7}};
    context.provenance = {{"versions", {{"xrayclf", "9.9"}}},
                          {"checkpoint", at("run/checkpoints/epoch-0002")},
                          {"data", at("data")},
                          {"split", "test"}};
    report_ = report_json(report, context);
    write_report();
    write_predictions_csv(directory_ / "test/predictions.csv", predictions);
    write_text(directory_ / "run/checkpoints/best", "epoch-0001\n");
    write("run/checkpoints/epoch-0002/checkpoint.json",
          {{"network", {{"architecture", "net_" + kHostile}}},
           {"training", {{"data", {{"sha256", "0"}}}}}});
    write("run/checkpoints/epoch-0002/MANIFEST.json",
          {{"files", {{"model.safetensors", {{"bytes", 12}, {"sha256", "abc123"}}}}}});
    write("run/config.json", {{"seed", 7}, {"epochs", 2}, {"note", kHostile}});
    write("data/dataset.json",
          {{"classes", {kHostile, "normal"}},
           {"counts", {{"train", {{kHostile, 3}, {"normal", 4}}}, {"test", {{kHostile, 4}}}}},
           {"patients", {{"patients", 8}, {"images_alone", 8}}},
           {"preprocessing", {{"image_size", 64}}},
           {"settings", {{"input", "/films/" + kHostile}}},
           {"split_from", "fractions"},
           {"leaks_allowed", false},
           {"seed", 1}});
  }

  std::string at(const std::string& name) { return (directory_ / name).string(); }
  void write(const std::string& name, const ordered_json& content) {
    write_text(directory_ / name, content.dump());
  }
  void write_report() { write("test/report.json", report_); }
  std::string page(const std::filesystem::path& statements = {}) {
    write_html_report({directory_ / "test", {}, {}, explanations_}, directory_ / "report.html",
                      statements);
    return read_text(directory_ / "report.html");
  }

  testing_support::TemporaryDirectory directory_;
  ordered_json report_;
  std::filesystem::path explanations_;
};

TEST_F(HtmlReportTest, FindsRunAndDataAndEscapesEveryName) {
  const std::string html = page();
  EXPECT_EQ(markup_fault(html), "");
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<b>")));
  for (const std::string& text :
       {"called " + kEscaped, "thumbnail " + kEscaped, "net_" + kEscaped, "/films/" + kEscaped,
        std::string("images/6&lt;b&gt;.png"), std::string("abc123"), std::string("9.9"),
        std::string("Research software, not a medical device"),
        std::string("no: dataset.json has another SHA-256 now"), std::string("no image")}) {
    EXPECT_THAT(html, HasSubstr(text));
  }
  for (const char* id : {"results", "errors", "data", "training", "environment", "hashes", "limits",
                         "claim", "tripod", "intended_use"}) {
    EXPECT_THAT(html, HasSubstr("id=\"" + std::string(id) + "\""));
  }
}

TEST_F(HtmlReportTest, EveryLinkLeadsIntoThePage) {
  const std::string html = page();
  std::size_t links = 0;
  for (std::size_t i = html.find("href=\""); i != std::string::npos; i = html.find("href=\"", i)) {
    i += 6;
    ASSERT_EQ(html[i], '#') << html.substr(i, 40);
    const std::string id = html.substr(i + 1, html.find('"', i) - i - 1);
    EXPECT_THAT(html, HasSubstr("id=\"" + id + "\""));
    ++links;
  }
  EXPECT_GT(links, 20U);
  EXPECT_THAT(html, Not(HasSubstr("src=\"http")));
  EXPECT_THAT(html, Not(HasSubstr("url(")));
}

TEST_F(HtmlReportTest, PartsOfTheReportThatItDoesNotKnowAreShownAsTables) {
  const ordered_json half = {{"value", 0.5}, {"low", 0.25}, {"high", 0.75}, {"method", "m"}};
  const ordered_json unknown = {{"value", nullptr}, {"reason", "too few"}};
  report_["subgroups"]["sex"] = ordered_json::array(
      {{{"value", kHostile},
        {"samples", 3},
        {"patients", 3},
        {"metrics", {{"accuracy", half}}},
        {"per_class", {{kHostile, {{"support", 3}, {"sensitivity", unknown}}}}}},
       {{"value", "M"}, {"samples", 5}, {"patients", 5}, {"metrics", {{"accuracy", unknown}}}}});
  report_["calibration"] = {
      {"temperature", {{"value", 1.2345678}, {"images", 8}}},
      {"before", {{"ece", half}, {"mce", half}}},
      {"after", {{"ece", half}, {"mce", unknown}}},
      {"change", {{"ece", {{"value", -1e-5}, {"low", -2e-5}, {"high", 3e-9}}}}}};
  report_["operating_points"]["per_class"][kHostile] = ordered_json::array(
      {{{"rule", "youden"}, {"threshold", 0.25}, {"validation", {{"sensitivity", 0.875}}}}});
  write_report();
  const std::string html = page();
  EXPECT_EQ(markup_fault(html), "");
  for (const char* text :
       {"id=\"subgroups\"", "<h2>Subgroups</h2>", "0.500 <small>(0.250 to 0.750)", "undefined",
        "1.235", "-0.00001 <small>(-0.00002 to 0.00000)", "<h2>Operating points</h2>", "0.25"}) {
    EXPECT_THAT(html, HasSubstr(text));
  }
  EXPECT_THAT(html, Not(HasSubstr("No analysis of subgroups")));
  EXPECT_THAT(html, Not(HasSubstr("No operating points")));
  EXPECT_THAT(html, HasSubstr("href=\"#subgroups\"")) << "the checklists point at it";
}

TEST_F(HtmlReportTest, ExplanationsAreShownWithTheirFigures) {
  EXPECT_THAT(page(), HasSubstr("No look at what the network looks at"));
  explanations_ = directory_ / "maps";
  write("maps/gradcam.json",
        {{"images", 3},
         {"method", "grad_cam"},
         {"quality", ordered_json::array({"Maps change with the weights & " + kHostile})},
         {"figures", ordered_json::array({ordered_json{
                         {"file", "figures/best.png"}, {"title", "Best"}, {"alt", kHostile}}})}});
  write_text(directory_ / "maps/figures/best.png", "pixels");
  const std::string html = page();
  EXPECT_EQ(markup_fault(html), "");
  for (const std::string& text :
       {std::string("id=\"explanations\""), std::string("data:image/png;base64,cGl4ZWxz"),
        "Best. " + kEscaped, "weights &amp; " + kEscaped}) {
    EXPECT_THAT(html, HasSubstr(text));
  }
  EXPECT_THAT(html, Not(HasSubstr("No look at what the network looks at")));
}

TEST_F(HtmlReportTest, WhatIsNotThereIsLeftOut) {
  std::filesystem::remove_all(directory_ / "run");
  std::filesystem::remove_all(directory_ / "data");
  const std::string html = page();
  EXPECT_EQ(markup_fault(html), "");
  EXPECT_THAT(html, Not(HasSubstr("id=\"training\"")));
  EXPECT_THAT(html, Not(HasSubstr("id=\"data\"")));
  EXPECT_THAT(html, HasSubstr("The data set&#39;s own audit was not at hand."));
}

TEST_F(HtmlReportTest, ChecklistsListEveryItemAndTakeWhatAPersonStates) {
  std::string html = page();
  std::size_t open = 0;
  for (std::size_t i = html.find(">open<"); i != std::string::npos;
       i = html.find(">open<", i + 1)) {
    ++open;
  }
  EXPECT_GT(open, 30U);
  EXPECT_THAT(html, HasSubstr("Funding and the role of funders"));
  EXPECT_THAT(html, HasSubstr("Next steps, applicability and generalisability"));
  write("statements.json", {{"title", kHostile},
                            {"intended_use", "Second reading"},
                            {"claim", {{"5", "Retrospective"}}},
                            {"tripod_ai", {{"17", "Approved by " + kHostile}}}});
  html = page(directory_ / "statements.json");
  EXPECT_EQ(markup_fault(html), "");
  for (const std::string& text : {"<h1>" + kEscaped, std::string("Second reading"),
                                  std::string("Retrospective"), "Approved by " + kEscaped}) {
    EXPECT_THAT(html, HasSubstr(text));
  }
}

TEST_F(HtmlReportTest, RefusesStatementsThatAnswerNothing) {
  write("statements.json", {{"claim", {{"45", "x"}}}});
  EXPECT_THROW(page(directory_ / "statements.json"), ConfigError);
  write("statements.json", {{"titel", "x"}});
  EXPECT_THROW(page(directory_ / "statements.json"), ConfigError);
  write("statements.json", {{"tripod_ai", {{"17", 3}}}});
  EXPECT_THROW(page(directory_ / "statements.json"), ConfigError);
}

TEST_F(HtmlReportTest, FilesOfAnotherShapeAreADataError) {
  report_["per_class"] = 3;
  write_report();
  EXPECT_THROW(page(), DataError);
  write_text(directory_ / "test/report.json", "[]");
  EXPECT_THROW(page(), DataError);
  write_text(directory_ / "test/report.json", "{");
  EXPECT_THROW(page(), ConfigError);
  std::filesystem::remove(directory_ / "test/report.json");
  EXPECT_THROW(page(), IoError);
}

}  // namespace
}  // namespace xrayclf
