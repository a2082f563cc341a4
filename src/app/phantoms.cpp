#include "xrayclf/app/phantoms.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <ostream>
#include <system_error>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/progress.hpp"
#include "xrayclf/core/random.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

/// Apart from those in draw_phantom, which takes small numbers.
constexpr std::uint64_t kClassStream = 100;
constexpr std::uint64_t kFileStream = 101;

/// How a film was stored, whatever it shows.
struct FileForm {
  cv::Size size;
  enum { png8, png16, jpeg } kind;
  std::int64_t jpeg_quality;
};

FileForm draw_file_form(std::uint64_t seed, std::int64_t patient, std::int64_t image) {
  static const cv::Size kSizes[] = {{512, 512}, {480, 560}, {600, 500},
                                    {448, 448}, {640, 528}, {560, 672}};
  Random random(derive_seed(
      seed, {kFileStream, static_cast<std::uint64_t>(patient), static_cast<std::uint64_t>(image)}));
  FileForm form;
  form.size = kSizes[random.below(std::size(kSizes))];
  const double kind = random.uniform();
  form.kind = kind < 0.5 ? FileForm::png8 : kind < 0.75 ? FileForm::png16 : FileForm::jpeg;
  form.jpeg_quality = 80 + static_cast<std::int64_t>(random.below(16));
  return form;
}

/// Each run of as many patients as there are classes holds every class once, in an order of its
/// own.
Finding finding_of(const PhantomsConfig& config, std::int64_t patient) {
  const auto count = static_cast<std::int64_t>(config.classes.size());
  std::vector<Finding> order = config.classes;
  Random random(derive_seed(static_cast<std::uint64_t>(config.seed),
                            {kClassStream, static_cast<std::uint64_t>(patient / count)}));
  random.shuffle(order);
  return order[static_cast<std::size_t>(patient % count)];
}

std::string patient_name(std::int64_t patient) {
  char name[32];
  std::snprintf(name, sizeof name, "P%05lld", static_cast<long long>(patient + 1));
  return name;
}

/// Draws and writes one film; returns its line of the CSV.
std::string write_film(const PhantomsConfig& config, std::int64_t patient, std::int64_t image) {
  const auto seed = static_cast<std::uint64_t>(config.seed);
  const FileForm form = draw_file_form(seed, patient, image);
  const Finding finding = finding_of(config, patient);
  cv::Mat film = draw_phantom({.seed = seed,
                               .patient = patient,
                               .image = image,
                               .finding = finding,
                               .width = form.size.width,
                               .height = form.size.height});
  if (form.kind != FileForm::png16) film.convertTo(film, CV_8U, 1.0 / 257);
  const bool is_jpeg = form.kind == FileForm::jpeg;
  const std::string name = patient_name(patient);
  const std::string label(name_of(finding));
  const std::string path = "images/" + label + "/" + name + "_" + std::to_string(image + 1) +
                           (is_jpeg ? ".jpg" : ".png");
  write_file(fs::path(config.output) / path,
             is_jpeg ? encode_jpeg(film, form.jpeg_quality) : encode_png(film),
             Durability::killed_process);
  const PhantomPatient person = phantom_patient(seed, patient);
  return csv_line({path, label, name, person.sex, std::to_string(person.age)});
}

void require_distinct_classes(const std::vector<Finding>& classes) {
  if (classes.empty()) throw ConfigError("classes must name at least one class");
  for (auto c = classes.begin(); c != classes.end(); ++c) {
    if (std::find(classes.begin(), c, *c) != c) {
      throw ConfigError("classes names " + std::string(name_of(*c)) + " twice");
    }
  }
}

void require_empty(const fs::path& folder) {
  std::error_code failure;
  if (fs::exists(folder, failure) && !fs::is_empty(folder, failure)) {
    throw IoError(printable(folder.string()) + " is not empty; choose a new folder");
  }
}

}  // namespace

void phantoms(const PhantomsConfig& config, std::ostream& out) {
  require_distinct_classes(config.classes);
  const fs::path output = config.output;
  require_empty(output);
  for (const Finding finding : config.classes)
    make_directories(output / "images" / name_of(finding));

  const std::int64_t count = config.patients * config.images_per_patient;
  std::vector<std::string> lines(static_cast<std::size_t>(count));
  Progress progress("drawing", count, "films");
  parallel_for(count, config.workers, [&](std::int64_t i) {
    throw_if_interrupted("stopped; " + printable(config.output) + " is not complete, remove it");
    lines[static_cast<std::size_t>(i)] =
        write_film(config, i / config.images_per_patient, i % config.images_per_patient);
    progress.advance();
  });
  std::string csv = csv_line({"path", "label", "patient_id", "sex", "age"});
  for (const std::string& line : lines) csv += line;
  write_file(output / "images.csv", csv);
  out << nlohmann::ordered_json{{"csv", printable((output / "images.csv").string())},
                                {"patients", config.patients},
                                {"images", count}}
             .dump()
      << "\n";
}

}  // namespace xrayclf
