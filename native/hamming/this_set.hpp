// Includes the file of the instruction set that the compiler's flags choose. Each such file says
// - how a scan compares: scan_query(query, most) makes the ScanQuery that near_of(code, query)
//   holds the next kScanStep codes against; its bits stand for them in the order kScanOrder;
// - words_in_both(line, wanted): of two lines of kLineWords words, a bit for each place where their
//   words have a bit in common;
// - place_of(word, rank): where in `word` its bit number `rank` is, counted from 0 among those that
//   are set; there must be one.
#pragma once

#if defined(__AVX512VPOPCNTDQ__) && defined(__BMI2__)
#include "hamming/avx512.hpp"
#elif defined(__AVX2__) && defined(__BMI2__)
#include "hamming/avx2.hpp"
#elif defined(__ARM_NEON)
#include "hamming/neon.hpp"
#else
#include "hamming/plain.hpp"
#endif
