#include "xrayclf/evaluation/rater_agreement.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "report_intervals.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/numbers.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/metrics/agreement.hpp"
#include "xrayclf/metrics/confusion_matrix.hpp"

namespace xrayclf {
namespace {

constexpr const char* kCertain =
    "chance alone makes the raters agree: they name one class throughout";

using Members = std::vector<const Rater*>;

bool rated_by_all(const Members& members, std::size_t image) {
  return std::all_of(members.begin(), members.end(),
                     [&](const Rater* rater) { return rater->labels[image] >= 0; });
}

ConfusionMatrix ratings_of(const Members& pair, std::span<const std::int64_t> counts,
                           std::int64_t classes) {
  ConfusionMatrix out(classes);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0 && rated_by_all(pair, i)) {
      out.add(pair[0]->labels[i], pair[1]->labels[i], counts[i]);
    }
  }
  return out;
}

double kappa_of(const Members& pair, std::span<const std::int64_t> counts, std::int64_t classes) {
  const ConfusionMatrix ratings = ratings_of(pair, counts, classes);
  return ratings.total() == 0 ? kNan : ratings.cohen_kappa();
}

GroupAgreement agreement_of(const Members& members, std::span<const std::int64_t> counts,
                            std::int64_t classes) {
  std::vector<std::int64_t> choices;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0 || !rated_by_all(members, i)) continue;
    std::vector<std::int64_t> row(static_cast<std::size_t>(classes), 0);
    for (const Rater* rater : members) ++row[static_cast<std::size_t>(rater->labels[i])];
    for (std::int64_t n = 0; n < counts[i]; ++n) {
      choices.insert(choices.end(), row.begin(), row.end());
    }
  }
  return choices.empty() ? GroupAgreement{kNan, kNan} : group_agreement(choices, classes);
}

struct NamedMembers {
  std::string name;
  Members members;
};

std::vector<NamedMembers> groups_of(const std::vector<Rater>& raters) {
  NamedMembers models{"models", {}}, readers{"readers", {}}, both{"models and readers", {}};
  for (const Rater& rater : raters) {
    if (rater.kind == RaterKind::truth) continue;
    (rater.kind == RaterKind::model ? models : readers).members.push_back(&rater);
    both.members.push_back(&rater);
  }
  std::vector<NamedMembers> out;
  for (const NamedMembers& group : {models, readers}) {
    if (group.members.size() >= 2) out.push_back(group);
  }
  if (!models.members.empty() && !readers.members.empty()) out.push_back(both);
  return out;
}

/// All raters' agreements, point and bootstrap.
class AgreementBuilder {
 public:
  AgreementBuilder(const std::vector<Rater>& raters, const Predictions& images,
                   const ReportConfig& config, std::int64_t workers)
      : config_(config),
        classes_(static_cast<std::int64_t>(images.classes.size())),
        once_(images.size(), 1),
        groups_(groups_of(raters)) {
    for (std::size_t a = 0; a < raters.size(); ++a) {
      for (std::size_t b = a + 1; b < raters.size(); ++b)
        pairs_.push_back({&raters[a], &raters[b]});
    }
    intervals_ = std::make_unique<ReportIntervals>(
        images, config, workers,
        [this](std::span<const std::int64_t> counts) { return statistics(counts); });
  }

  RaterAgreement build() const {
    RaterAgreement out;
    for (std::size_t p = 0; p < pairs_.size(); ++p) out.pairs.push_back(pair(p));
    for (std::size_t g = 0; g < groups_.size(); ++g) out.groups.push_back(group(g));
    return out;
  }

 private:
  std::vector<double> statistics(std::span<const std::int64_t> counts) const {
    std::vector<double> out;
    for (const Members& pair : pairs_) out.push_back(kappa_of(pair, counts, classes_));
    for (const NamedMembers& group : groups_) {
      const GroupAgreement agreement = agreement_of(group.members, counts, classes_);
      out.insert(out.end(), {agreement.fleiss, agreement.randolph});
    }
    return out;
  }

  RaterPair pair(std::size_t p) const {
    const Members& members = pairs_[p];
    RaterPair out{members[0]->name, members[1]->name, 0, {}, {}};
    const ConfusionMatrix ratings = ratings_of(members, once_, classes_);
    out.images = ratings.total();
    if (out.images == 0) {
      out.percent.reason = out.kappa.reason = "no image is rated by both";
      return out;
    }
    const ReaderAgreement agreement = reader_agreement(ratings, config_.confidence);
    out.percent.value = agreement.percent;
    intervals_->add_proportion(
        out.percent, [&](std::size_t i) { return rated_by_all(members, i); },
        [&](std::size_t i) { return members[0]->labels[i] == members[1]->labels[i]; });
    if (std::isnan(agreement.kappa)) {
      out.kappa.reason = kCertain;
      return out;
    }
    out.kappa.value = agreement.kappa;
    if (!intervals_->groups().singletons()) {
      intervals_->add_bootstrap(out.kappa, p);
    } else if (agreement.error > 0) {
      out.kappa.interval = agreement.interval;
      out.kappa.method = "Fleiss-Cohen-Everitt";
    } else {
      out.kappa.reason = "no interval: the ratings agree throughout";
    }
    return out;
  }

  RaterGroup group(std::size_t g) const {
    const Members& members = groups_[g].members;
    RaterGroup out{groups_[g].name, static_cast<std::int64_t>(members.size()), 0, {}, {}};
    for (std::size_t i = 0; i < once_.size(); ++i) out.images += rated_by_all(members, i) ? 1 : 0;
    const GroupAgreement agreement = agreement_of(members, once_, classes_);
    const std::size_t at = pairs_.size() + 2 * g;
    set(out.fleiss, agreement.fleiss, at, out.images);
    set(out.randolph, agreement.randolph, at + 1, out.images);
    return out;
  }

  void set(Figure& figure, double value, std::size_t at, std::int64_t images) const {
    if (std::isnan(value)) {
      figure.reason = images == 0 ? "no image is rated by all" : kCertain;
      return;
    }
    figure.value = value;
    intervals_->add_bootstrap(figure, at);
  }

  const ReportConfig& config_;
  std::int64_t classes_;
  std::vector<std::int64_t> once_;
  std::vector<Members> pairs_;
  std::vector<NamedMembers> groups_;
  std::unique_ptr<ReportIntervals> intervals_;
};

}  // namespace

Rater reader_of(const std::string& name, const std::vector<std::string>& labels,
                const std::vector<std::string>& classes) {
  Rater out{name, RaterKind::reader, {}};
  for (const std::string& label : labels) {
    const auto found = std::find(classes.begin(), classes.end(), label);
    if (found == classes.end() && !label.empty()) {
      throw DataError("reader '" + printable(name) + "': there is no class '" + printable(label) +
                      "'" + did_you_mean(label, classes) +
                      "; leave the field empty where the "
                      "reader gave none");
    }
    out.labels.push_back(label.empty() ? -1 : found - classes.begin());
  }
  return out;
}

RaterAgreement rater_agreement(const std::vector<Rater>& raters, const Predictions& images,
                               const ReportConfig& config, std::int64_t workers) {
  return AgreementBuilder(raters, images, config, workers).build();
}

}  // namespace xrayclf
