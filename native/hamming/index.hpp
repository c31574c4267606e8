// Exact search within a Hamming distance: which kernel runs on what, for how many bits.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hamming/kernels.hpp"
#include "hamming/tables.hpp"

namespace takeback {

// How the rows' parities stand: all even, all odd, or not known to be the same.
enum class Parity : uint8_t { even, odd, mixed };

// How far to look in each band so that no row within `most` bits is missed.
struct HammingPlan {
  bool scan = true;
  uint8_t radius[kMostBands] = {};  // one more than the radius; 0: the band is not looked at
};

// A vector that kernels can add to.
class Hits {
 public:
  Hits() : buffer_{}, memory_() {}
  Hits(const Hits&) = delete;
  Hits& operator=(const Hits&) = delete;

  // What kernels write to until `take` is called.
  HitBuffer& buffer();
  // The hits so far, sorted, each once.
  std::vector<uint64_t> take();

 private:
  struct Growing : HitBuffer {
    std::vector<uint64_t>* memory;
  };
  static void grow(HitBuffer* buffer);

  Growing buffer_;
  std::vector<uint64_t> memory_;
};

// Searches tables that the caller keeps alive. Safe to use from many threads.
class HammingIndex {
 public:
  HammingIndex(const HammingTables& tables, Parity parity);

  // All rows within `most` bits (0 to 256) of each of the 32-byte codes: query << 41 | row << 9 |
  // distance, ascending. There must be fewer than kMostQueries.
  std::vector<uint64_t> search(const uint8_t* queries, size_t count, unsigned most,
                               const HammingKernels& kernels) const;

  // Whether the tables serve queries at this distance, or a scan does.
  bool scans(unsigned most) const { return plan_for(most).scan; }

 private:
  HammingPlan plan_for(unsigned most) const;
  void probe(HammingQuery* queries, size_t count, unsigned most, unsigned reach,
             const HammingKernels& kernels, HitBuffer& hits) const;
  void scan(const HammingQuery* queries, size_t count, unsigned most,
            const HammingKernels& kernels, HitBuffer& hits) const;

  HammingTables tables_;
  Parity parity_;
  std::vector<uint32_t> flips_;
  LineFlips line_flips_;
  std::vector<HammingPlan> plans_;
};

}  // namespace takeback
