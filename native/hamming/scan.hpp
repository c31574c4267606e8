// Compares a query with every code: half of each code first, for that rejects nearly all of them.
#pragma once

#include "hamming/distance.hpp"
#include "hamming/tables.hpp"
#include "hamming/this_set.hpp"
#include "machine/instruction_set.hpp"

namespace takeback::TAKEBACK_ISA {

[[gnu::always_inline]] inline void add_hit(HitBuffer& hits, uint64_t tag, uint64_t row,
                                           unsigned distance) {
  if (hits.count == hits.capacity) hits.grow(&hits);
  hits.hits[hits.count++] = tag | row << kDistanceBits | distance;
}

[[gnu::always_inline]] inline void verify(const uint8_t* codes, uint64_t row,
                                          const HammingQuery& query, unsigned most,
                                          HitBuffer& hits) {
  const unsigned distance = code_distance(query.words, codes + row * kCodeBytes);
  if (distance <= most) add_hit(hits, query.tag, row, distance);
}

inline void scan_for(const ScanQuery& wanted, const uint8_t* codes, uint64_t first, uint64_t end,
                     const HammingQuery& query, unsigned most, HitBuffer& hits) {
  uint64_t row = first;
  for (; end - row >= kScanStep; row += kScanStep) {
    for (unsigned near = near_of(codes + row * kCodeBytes, wanted); near != 0; near &= near - 1) {
      verify(codes, row + kScanOrder[__builtin_ctz(near)], query, most, hits);
    }
  }
  for (; row != end; ++row) verify(codes, row, query, most, hits);
}

inline void scan(const uint8_t* codes, uint64_t first, uint64_t count, const HammingQuery& query,
                 unsigned most, HitBuffer& hits) {
  scan_for(scan_query(query, most), codes, first, first + count, query, most, hits);
}

}  // namespace takeback::TAKEBACK_ISA
