#include "xrayclf/app/report.hpp"

#include <filesystem>
#include <system_error>

#include <spdlog/spdlog.h>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/report/html_report.hpp"

namespace xrayclf {
namespace {

/// A directory that somebody names is to be there; one that a file names need not.
void require_directory(const std::string& path, const char* flag, const char* file) {
  std::error_code error;
  if (path.empty() || std::filesystem::is_regular_file(std::filesystem::path(path) / file, error)) {
    return;
  }
  throw IoError(std::string(flag) + " " + printable(path) + ": has no " + file);
}

}  // namespace

void report(const PageConfig& config, std::ostream& /*out*/) {
  require_directory(config.evaluation, "--evaluation", "report.json");
  require_directory(config.run, "--run", "config.json");
  require_directory(config.data, "--data", "dataset.json");
  require_directory(config.explanations, "--explanations", "gradcam.json");
  write_html_report({config.evaluation, config.run, config.data, config.explanations},
                    config.output, config.statements);
  spdlog::info("wrote {}", printable(config.output));
}

}  // namespace xrayclf
