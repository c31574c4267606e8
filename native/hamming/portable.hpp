// Steps of a search for instruction sets that have nothing better.
#pragma once

#include <cstdint>

#include "hamming/tables.hpp"
#include "machine/instruction_set.hpp"

namespace takeback::TAKEBACK_ISA {

[[gnu::always_inline]] inline unsigned portable_words_in_both(const uint64_t* line,
                                                              const uint64_t* wanted) {
  unsigned words = 0;
  for (unsigned word = 0; word < kLineWords; ++word) {
    words |= unsigned{(line[word] & wanted[word]) != 0} << word;
  }
  return words;
}

[[gnu::always_inline]] inline unsigned portable_place_of(uint64_t word, uint64_t rank) {
  for (; rank != 0; --rank) word &= word - 1;
  return static_cast<unsigned>(__builtin_ctzll(word));
}

}  // namespace takeback::TAKEBACK_ISA
