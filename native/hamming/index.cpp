#include "hamming/index.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>

namespace takeback {

namespace {

// Rows compared with every query of a batch while they are in a core's cache.
constexpr uint64_t kScanRows = 2048;

// Queries that go through one band together: their states stay in a core's cache.
constexpr size_t kBatch = 1024;

// Distances for which plans are kept; beyond, tables never pay.
constexpr unsigned kPlans = 128;

// What it costs to look at a line, at a candidate, and at a row of a scan, in nanoseconds, measured
// (docs/decisions/0008-hamming-index.md). Only their ratios matter.
constexpr double kLineCost = 8;
constexpr double kCandidateCost = 12;
constexpr double kScanCost = 0.7;

// A query may look at so many candidates that it costs no more than a scan.
constexpr double kBudget = kScanCost / kCandidateCost;

// The words of `bits` bits of which at most kMostRadius are set, fewest first.
std::vector<uint32_t> flips_of(unsigned bits, LineFlips& flips) {
  std::vector<uint32_t> masks{0};
  flips.count[0] = 1;
  size_t begin = 0;
  for (unsigned radius = 1; radius <= kMostRadius; ++radius) {
    const size_t end = masks.size();
    for (size_t at = begin; at < end; ++at) {
      // Adding only bits above the highest one that is set makes each word once.
      for (auto bit = static_cast<unsigned>(std::bit_width(masks[at])); bit < bits; ++bit) {
        masks.push_back(masks[at] | uint32_t{1} << bit);
      }
    }
    begin = end;
    flips.count[radius] = static_cast<uint32_t>(masks.size());
  }
  return masks;
}

// How many words of `bits` bits lie within a radius of one.
double ball(unsigned bits, unsigned radius) {
  double of_radius = 1, all = 1;
  for (unsigned r = 1; r <= radius; ++r) all += of_radius = of_radius * (bits - r + 1) / r;
  return all;
}

// Spends the distance on the bands, each time where it costs least: a row within `most` bits of the
// query lies, in at least one band, within that band's radius if the radii and the number of bands
// looked at add up to more than `most` (the pigeonhole principle).
HammingPlan plan_of(const HammingTables& tables, const LineFlips& flips, unsigned most) {
  HammingPlan plan;
  if (tables.bands == 0) return plan;
  const double in_slot = static_cast<double>(tables.rows) / std::exp2(tables.slot_bits);
  const auto cost_of = [&](unsigned band, unsigned radius) {
    const double candidates = in_slot * ball(tables.slot_bits, radius);
    // Rows of neighbouring slots of an ordered band lie side by side.
    const double rows = tables.ordered && band == 0 ? 1 : 1 << tables.block_bits;
    return flips.count[radius] * kLineCost + candidates * (kCandidateCost + 2 * (rows - 1));
  };
  double cost = 0;
  for (unsigned spent = 0; spent <= most; ++spent) {
    unsigned cheapest = tables.bands;
    double least = 0;
    for (unsigned band = 0; band < tables.bands; ++band) {
      const unsigned radius = plan.radius[band];
      if (radius > kMostRadius) continue;
      const double more = cost_of(band, radius) - (radius == 0 ? 0 : cost_of(band, radius - 1));
      if (cheapest == tables.bands || more < least) {
        cheapest = band;
        least = more;
      }
    }
    if (cheapest == tables.bands) return {};
    ++plan.radius[cheapest];
    cost += least;
  }
  plan.scan = cost > static_cast<double>(tables.rows) * kScanCost;
  return plan;
}

}  // namespace

HitBuffer& Hits::buffer() {
  buffer_.grow = &Hits::grow;
  buffer_.memory = &memory_;
  return buffer_;
}

void Hits::grow(HitBuffer* buffer) {
  std::vector<uint64_t>& memory = *static_cast<Growing*>(buffer)->memory;
  memory.resize(std::max<size_t>(1024, memory.size() * 2));
  buffer->hits = memory.data();
  buffer->capacity = memory.size();
}

std::vector<uint64_t> Hits::take() {
  memory_.resize(buffer_.count);
  if (!std::is_sorted(memory_.begin(), memory_.end())) std::sort(memory_.begin(), memory_.end());
  memory_.erase(std::unique(memory_.begin(), memory_.end()), memory_.end());
  return std::move(memory_);
}

HammingIndex::HammingIndex(const HammingTables& tables, Parity parity)
    : tables_(tables), parity_(parity), flips_(), line_flips_{}, plans_() {
  if (tables_.bands == 0) return;
  flips_ = flips_of(tables_.slot_bits - kLineSlotBits, line_flips_);
  line_flips_.masks = flips_.data();
  for (unsigned most = 0; most < kPlans; ++most) {
    plans_.push_back(plan_of(tables_, line_flips_, most));
  }
}

HammingPlan HammingIndex::plan_for(unsigned most) const {
  return most < plans_.size() ? plans_[most] : HammingPlan{};
}

std::vector<uint64_t> HammingIndex::search(const uint8_t* queries, size_t count, unsigned most,
                                           const HammingKernels& kernels) const {
  Hits hits;
  HitBuffer& buffer = hits.buffer();
  const size_t batch = std::min(count, kBatch);
  const std::unique_ptr<HammingQuery[]> states(new HammingQuery[3 * batch]);
  HammingQuery* const whole = states.get();  // to be searched at the whole distance
  HammingQuery* const lesser = whole + batch;  // no row is at exactly that distance
  HammingQuery* const left = lesser + batch;   // to be compared with every row
  const auto budget = static_cast<int64_t>(static_cast<double>(tables_.rows) * kBudget) + 1024;
  for (size_t start = 0; start < count; start += batch) {
    const size_t end = std::min(start + batch, count);
    size_t wholes = 0, lessers = 0, lefts = 0;
    for (size_t at = start; at < end; ++at) {
      HammingQuery query{};
      std::memcpy(query.words, queries + at * kCodeBytes, kCodeBytes);
      query.tag = static_cast<uint64_t>(at) << (kDistanceBits + kRowBits);
      query.budget = budget;
      // The distance of two codes is as odd as their numbers of set bits together.
      unsigned bits = parity_ == Parity::odd ? 1 : 0;
      for (const uint64_t word : query.words) bits += static_cast<unsigned>(std::popcount(word));
      const bool never = parity_ != Parity::mixed && (bits ^ most) % 2 == 1;
      (never ? lesser[lessers++] : whole[wholes++]) = query;
    }
    const auto search_all = [&](HammingQuery* some, size_t number, unsigned reach) {
      if (!plan_for(reach).scan) probe(some, number, most, reach, kernels, buffer);
      for (size_t at = 0; at < number; ++at) {
        if (plan_for(reach).scan || some[at].budget < 0) left[lefts++] = some[at];
      }
    };
    if (wholes != 0) search_all(whole, wholes, most);
    if (lessers != 0 && most != 0) search_all(lesser, lessers, most - 1);
    if (lefts != 0) scan(left, lefts, most, kernels, buffer);
  }
  return hits.take();
}

void HammingIndex::probe(HammingQuery* queries, size_t count, unsigned most, unsigned reach,
                         const HammingKernels& kernels, HitBuffer& hits) const {
  const HammingPlan plan = plan_for(reach);
  const uint8_t widest = *std::max_element(plan.radius, plan.radius + tables_.bands);
  const std::unique_ptr<HammingGroup[]> groups(
      new HammingGroup[size_t{line_flips_.count[widest - 1]} * kLineWords]);
  const std::unique_ptr<HammingWorkspace> workspace(new HammingWorkspace);
  workspace->groups = groups.get();
  for (unsigned band = 0; band < tables_.bands; ++band) {
    if (plan.radius[band] == 0) continue;
    kernels.probe(tables_, band, plan.radius[band] - 1u, line_flips_, queries, count, most,
                  *workspace, hits);
  }
}

void HammingIndex::scan(const HammingQuery* queries, size_t count, unsigned most,
                        const HammingKernels& kernels, HitBuffer& hits) const {
  for (uint64_t row = 0; row < tables_.rows; row += kScanRows) {
    const uint64_t rows = std::min(kScanRows, tables_.rows - row);
    for (size_t at = 0; at < count; ++at) {
      kernels.scan(tables_.codes, row, rows, queries[at], most, hits);
    }
  }
}

}  // namespace takeback
