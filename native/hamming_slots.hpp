// Which slot of a band's table a code stands in.
#pragma once

#include "hamming_tables.hpp"
#include "instruction_set.hpp"

namespace takeback::TAKEBACK_ISA {

// The lowest `slot_bits` of the band: its bits are 256·band/bands to 256·(band+1)/bands - 1, counted
// from the lowest of the first word.
[[gnu::always_inline]] inline uint64_t slot_of(const uint64_t* words, unsigned band, unsigned bands,
                                               unsigned slot_bits) {
  const unsigned start = kCodeBits * band / bands;
  const unsigned word = start / 64, shift = start % 64;
  uint64_t bits = words[word] >> shift;
  if (shift != 0 && word + 1 < kCodeWords) bits |= words[word + 1] << (64 - shift);
  return bits & ((uint64_t{1} << slot_bits) - 1);
}

}  // namespace takeback::TAKEBACK_ISA
