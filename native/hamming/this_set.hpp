// Includes the file of the instruction set that the compiler's flags choose. Each of these files says
// how a scan compares: ScanQuery and scan_query, kScanStep codes at a time by near_of, whose bits
// stand for codes in the order kScanOrder.
#pragma once

#if defined(__AVX512VPOPCNTDQ__)
#include "hamming/avx512.hpp"
#elif defined(__AVX2__)
#include "hamming/avx2.hpp"
#elif defined(__ARM_NEON)
#include "hamming/neon.hpp"
#else
#include "hamming/plain.hpp"
#endif
