#include "xrayclf/evaluation/compared_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

using RowOfPath = std::map<std::string, std::size_t>;
constexpr std::size_t kShown = 5;

RowOfPath rows_by_path(const ComparedModel& model) {
  RowOfPath out;
  for (std::size_t i = 0; i < model.predictions.size(); ++i) {
    const std::string& path = model.predictions.paths[i];
    if (path.empty()) {
      throw DataError(printable(model.source) +
                      ": images are matched by the column 'path', which is absent or empty");
    }
    if (!out.emplace(path, i).second) {
      throw DataError(fmt::format("{}: '{}' stands twice, so images cannot be matched",
                                  printable(model.source), printable(path)));
    }
  }
  return out;
}

/// "none", or the first few that only one side has.
std::string only_in(const RowOfPath& own, const RowOfPath& other) {
  std::vector<std::string> names;
  std::size_t count = 0;
  for (const auto& [path, row] : own) {
    if (other.contains(path)) continue;
    if (++count <= kShown) names.push_back("'" + printable(path) + "'");
  }
  if (count == 0) return "none";
  return fmt::format("{} ({}{})", count, join(names), count > kShown ? ", ..." : "");
}

/// The model's rows in the order of the first model's.
Predictions in_row_order(const ComparedModel& first, const RowOfPath& rows,
                         const ComparedModel& model) {
  const RowOfPath own = rows_by_path(model);
  const std::string only_first = only_in(rows, own);
  const std::string only_own = only_in(own, rows);
  if (only_first != "none" || only_own != "none") {
    throw DataError(fmt::format(
        "{} and {} are about other images: only in the first: {}; only in the second: {}",
        printable(first.source), printable(model.source), only_first, only_own));
  }
  std::vector<std::size_t> order;
  for (const std::string& path : first.predictions.paths) order.push_back(own.at(path));
  return select_rows(model.predictions, order);
}

/// What is known about the images from any of the models.
void share_knowledge(std::vector<ComparedModel>& models) {
  Predictions& known = models.front().predictions;
  const auto has_patients = [](const Predictions& predictions) {
    return std::any_of(predictions.patients.begin(), predictions.patients.end(),
                       [](const std::string& patient) { return !patient.empty(); });
  };
  for (const ComparedModel& model : models) {
    for (std::size_t i = 0; i < known.size(); ++i) {
      const std::int64_t own = model.predictions.truth[i];
      if (known.truth[i] < 0) known.truth[i] = own;
      if (own < 0 || own == known.truth[i]) continue;
      const auto name = [&](std::int64_t c) {
        return printable(known.classes[static_cast<std::size_t>(c)]);
      };
      throw DataError(fmt::format("{}: '{}' is truly '{}', but '{}' by another model's file",
                                  printable(model.source), printable(known.paths[i]), name(own),
                                  name(known.truth[i])));
    }
    if (!has_patients(known)) known.patients = model.predictions.patients;
    known.metadata.insert(model.predictions.metadata.begin(), model.predictions.metadata.end());
  }
  for (ComparedModel& model : models) {
    model.predictions.truth = known.truth;
    model.predictions.patients = known.patients;
  }
}

}  // namespace

std::vector<std::string> short_names(const std::vector<std::string>& paths) {
  std::vector<std::vector<std::string>> parts;
  for (const std::string& path : paths) {
    std::vector<std::string>& own = parts.emplace_back();
    for (const auto& part : std::filesystem::path(path).lexically_normal()) {
      if (!part.empty()) own.push_back(part.string());
    }
  }
  std::size_t shortest = parts.empty() ? 0 : parts.front().size();
  for (const auto& own : parts) shortest = std::min(shortest, own.size());
  const auto shared = [&](auto&& part_of) {
    return std::all_of(parts.begin(), parts.end(),
                       [&](const auto& own) { return part_of(own) == part_of(parts.front()); });
  };
  std::size_t head = 0;
  while (head < shortest && shared([&](const auto& own) { return own[head]; })) ++head;
  std::size_t tail = 0;
  while (tail + head < shortest &&
         shared([&](const auto& own) { return own[own.size() - 1 - tail]; })) {
    ++tail;
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto& own = parts[i];
    const std::vector<std::string> left(own.begin() + static_cast<std::ptrdiff_t>(head),
                                        own.end() - static_cast<std::ptrdiff_t>(tail));
    if (left.empty() || paths.size() < 2) return paths;
    out.push_back(join(left, "/"));
  }
  return out;
}

void align(std::vector<ComparedModel>& models) {
  const RowOfPath rows = rows_by_path(models.front());
  for (std::size_t m = 1; m < models.size(); ++m) {
    models[m].predictions = in_class_order(models[m].predictions, models[0].predictions.classes,
                                           models[m].source, models[0].source);
    models[m].predictions = in_row_order(models[0], rows, models[m]);
  }
  share_knowledge(models);
  require_truth(models.front().predictions);
}

}  // namespace xrayclf
