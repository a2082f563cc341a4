#include "xrayclf/data/split.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "xrayclf/core/random.hpp"
#include "xrayclf/core/sha256.hpp"

namespace xrayclf {
namespace {

using Counts = std::vector<std::int64_t>;  // images per class

struct Group {
  std::string id;
  std::uint64_t rank = 0;  // random order, a function of the seed and the id
  Counts counts;
  std::int64_t size = 0;
  std::size_t part = 0;
};

std::vector<Group> collect_groups(const std::vector<SplitItem>& items, std::size_t classes,
                                  std::uint64_t seed) {
  std::map<std::string, Counts> by_id;
  for (const SplitItem& item : items) {
    auto& counts = by_id.try_emplace(item.group, classes, 0).first->second;
    ++counts[static_cast<std::size_t>(item.label)];
  }
  std::vector<Group> groups;
  for (auto& [id, counts] : by_id) {
    const std::uint64_t hash = std::stoull(sha256_hex(id).substr(0, 16), nullptr, 16);
    const std::int64_t size = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    groups.push_back({id, derive_seed(seed, {hash}), std::move(counts), size, 0});
  }
  std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
    if (a.size != b.size) return a.size > b.size;
    return std::tie(a.rank, a.id) < std::tie(b.rank, b.id);
  });
  return groups;
}

/// Whole images per part for one class of `count` images: the floor of each exact share, and the
/// left-overs to the parts that have got least so far of what they should have (`debt`), so that
/// the sizes of the parts come out right as well.
Counts class_targets(std::int64_t count, const std::vector<double>& weights,
                     std::vector<double>& debt) {
  Counts target(weights.size());
  std::vector<std::size_t> rounded;
  std::int64_t left = count;
  for (std::size_t p = 0; p < weights.size(); ++p) {
    const double share = static_cast<double>(count) * weights[p];
    // 0.15 / 0.3 * 20 may come out a hair below 10.
    target[p] = static_cast<std::int64_t>(std::floor(share + 1e-9));
    if (share - static_cast<double>(target[p]) > 1e-9) rounded.push_back(p);
    left -= target[p];
    debt[p] += share - static_cast<double>(target[p]);
  }
  std::stable_sort(rounded.begin(), rounded.end(),
                   [&](std::size_t a, std::size_t b) { return debt[a] > debt[b] + 1e-9; });
  for (std::size_t i = 0; i < rounded.size() && left > 0; ++i, --left) {
    ++target[rounded[i]];
    debt[rounded[i]] -= 1;
  }
  // A rare class is in every part, if it has images enough.
  if (count >= static_cast<std::int64_t>(weights.size())) {
    for (std::int64_t& cell : target) {
      if (cell > 0) continue;
      --*std::max_element(target.begin(), target.end());
      cell = 1;
    }
  }
  return target;
}

/// Groups dealt to parts, and how far the counts are from the targets.
class Deal {
 public:
  Deal(std::vector<Group> groups, std::vector<Counts> targets)
      : groups_(std::move(groups)),
        targets_(std::move(targets)),
        counts_(targets_.size(), Counts(targets_.front().size(), 0)) {}

  void place_greedily() {
    for (Group& group : groups_) {
      std::size_t best = 0;
      double best_change = 0;
      for (std::size_t p = 0; p < targets_.size(); ++p) {
        const double change = change_of_part(p, group.counts, nullptr);
        if (p == 0 || change < best_change - kEqual) {
          best = p;
          best_change = change;
        }
      }
      group.part = best;
      add(best, group.counts, 1);
    }
  }

  /// Moves and swaps groups while that brings the counts nearer to the targets. Groups of the same
  /// counts in the same part are interchangeable, so one of each kind is tried.
  void improve() {
    constexpr int kMostSteps = 10000;
    for (int step = 0; step < kMostSteps; ++step) {
      if (!improve_once()) return;
    }
  }

  const std::vector<Group>& groups() const { return groups_; }

 private:
  static constexpr double kEqual = 1e-9;
  static constexpr double kAbsent = 1e6;  // dearer than any deviation: a class missing in a part

  /// Squared distance in units of the target (as chi-square), so that rare classes weigh as much.
  double cost(std::size_t part, std::size_t label, std::int64_t count) const {
    const auto target = static_cast<double>(targets_[part][label]);
    const double deviation = static_cast<double>(count) - target;
    const double absent = count == 0 && target > 0 ? kAbsent : 0.0;
    return deviation * deviation / std::max(target, 1.0) + absent;
  }

  double change_of_part(std::size_t part, const Counts& in, const Counts* out) const {
    double change = 0;
    for (std::size_t c = 0; c < in.size(); ++c) {
      const std::int64_t now = counts_[part][c];
      const std::int64_t then = now + in[c] - (out == nullptr ? 0 : (*out)[c]);
      if (then != now) change += cost(part, c, then) - cost(part, c, now);
    }
    return change;
  }

  void add(std::size_t part, const Counts& counts, std::int64_t sign) {
    for (std::size_t c = 0; c < counts.size(); ++c) counts_[part][c] += sign * counts[c];
  }

  void move(Group& group, std::size_t part) {
    add(group.part, group.counts, -1);
    add(part, group.counts, 1);
    group.part = part;
  }

  std::vector<Group*> one_of_each_kind() {
    std::map<std::pair<std::size_t, Counts>, Group*> kinds;
    for (Group& group : groups_) kinds.try_emplace({group.part, group.counts}, &group);
    std::vector<Group*> representatives;
    for (const auto& kind : kinds) representatives.push_back(kind.second);
    return representatives;
  }

  bool improve_once() {
    const std::vector<Group*> kinds = one_of_each_kind();
    const Counts nothing(targets_.front().size(), 0);
    for (Group* group : kinds) {
      const double leaving = change_of_part(group->part, nothing, &group->counts);
      for (std::size_t p = 0; p < targets_.size(); ++p) {
        if (p == group->part) continue;
        if (leaving + change_of_part(p, group->counts, nullptr) < -kEqual) {
          move(*group, p);
          return true;
        }
      }
    }
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      for (std::size_t j = i + 1; j < kinds.size(); ++j) {
        Group& a = *kinds[i];
        Group& b = *kinds[j];
        if (a.part == b.part) continue;
        if (change_of_part(a.part, b.counts, &a.counts) +
                change_of_part(b.part, a.counts, &b.counts) <
            -kEqual) {
          const std::size_t part_of_a = a.part;
          move(a, b.part);
          move(b, part_of_a);
          return true;
        }
      }
    }
    return false;
  }

  std::vector<Group> groups_;
  std::vector<Counts> targets_;  // [part][class]
  std::vector<Counts> counts_;   // [part][class]
};

}  // namespace

std::vector<std::int64_t> split_by_group(const std::vector<SplitItem>& items,
                                         const std::vector<double>& weights, std::uint64_t seed) {
  if (items.empty()) return {};
  std::vector<std::int64_t> parts;  // those with a weight
  std::vector<double> shares;
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (std::size_t p = 0; p < weights.size(); ++p) {
    if (weights[p] <= 0) continue;
    parts.push_back(static_cast<std::int64_t>(p));
    shares.push_back(weights[p] / total);
  }
  std::size_t classes = 0;
  for (const SplitItem& item : items) {
    classes = std::max(classes, static_cast<std::size_t>(item.label) + 1);
  }
  Counts totals(classes, 0);
  for (const SplitItem& item : items) ++totals[static_cast<std::size_t>(item.label)];

  std::vector<Counts> targets(parts.size(), Counts(classes, 0));
  std::vector<double> debt(parts.size(), 0.0);
  for (std::size_t c = 0; c < classes; ++c) {
    const Counts target = class_targets(totals[c], shares, debt);
    for (std::size_t p = 0; p < parts.size(); ++p) targets[p][c] = target[p];
  }

  Deal deal(collect_groups(items, classes, seed), std::move(targets));
  deal.place_greedily();
  deal.improve();
  std::map<std::string, std::int64_t> part_of;
  for (const Group& group : deal.groups()) part_of[group.id] = parts[group.part];
  std::vector<std::int64_t> result;
  for (const SplitItem& item : items) result.push_back(part_of.at(item.group));
  return result;
}

}  // namespace xrayclf
