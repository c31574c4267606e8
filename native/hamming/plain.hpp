// What of the search depends on the instruction set, as every machine can do it.
#pragma once

#include <cstdint>

#include "hamming/distance.hpp"
#include "hamming/portable.hpp"
#include "hamming/tables.hpp"
#include "machine/instruction_set.hpp"

namespace takeback::TAKEBACK_ISA {

inline constexpr uint64_t kScanStep = 1;

struct ScanQuery {
  const uint64_t* words;
  unsigned most;
};

inline ScanQuery scan_query(const HammingQuery& query, unsigned most) {
  return {query.words, most};
}

inline unsigned near_of(const uint8_t* code, const ScanQuery& query) {
  return half_distance(query.words, code) <= query.most;
}

inline constexpr uint8_t kScanOrder[kScanStep] = {0};

[[gnu::always_inline]] inline unsigned words_in_both(const uint64_t* line, const uint64_t* wanted) {
  return portable_words_in_both(line, wanted);
}

[[gnu::always_inline]] inline unsigned place_of(uint64_t word, uint64_t rank) {
  return portable_place_of(word, rank);
}

}  // namespace takeback::TAKEBACK_ISA
