#include "xrayclf/image/public_names.hpp"

#include <fstream>
#include <map>
#include <system_error>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/image/dicom.hpp"

namespace xrayclf {
namespace {

bool is_regular(const std::filesystem::path& file) {
  std::error_code error;
  return std::filesystem::is_regular_file(file, error);
}

}  // namespace

bool is_dicom_file(const std::filesystem::path& file) {
  std::string head;
  if (is_regular(file)) {
    head.resize(132);
    std::ifstream in(file, std::ios::binary);
    in.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(in.gcount()));
  }
  return may_be_dicom(file.string(), head);
}

std::vector<std::string> public_names(const std::vector<std::filesystem::path>& files,
                                      const std::vector<std::string>& names, std::int64_t workers) {
  std::vector<std::string> out = names;
  std::vector<char> dicom(files.size(), 0);
  parallel_for(static_cast<std::int64_t>(files.size()), workers, [&](std::int64_t index) {
    const auto i = static_cast<std::size_t>(index);
    if (interrupt_signal() != 0 || !is_dicom_file(files[i])) return;
    dicom[i] = 1;
    out[i] = "dicom-unread";
    if (!is_regular(files[i])) return;
    try {
      out[i] = "dicom-" + sha256_file(files[i]).substr(0, 16);
    } catch (const IoError&) {  // its reader will say why
    }
  });
  std::map<std::string, int> uses;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (dicom[i] == 0) continue;
    const int use = ++uses[out[i]];
    if (use > 1) out[i] += "-" + std::to_string(use);
  }
  return out;
}

}  // namespace xrayclf
