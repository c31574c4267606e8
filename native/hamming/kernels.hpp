// The Hamming kernels, compiled for several instruction sets; all find the same.
#pragma once

#include <span>

#include "hamming/tables.hpp"
#include "machine/kernels_here.hpp"

namespace takeback {

struct HammingKernels {
  const char* instruction_set;

  // Adds the rows first..first+count-1 of `codes` that lie within `most` bits of the query.
  void (*scan)(const uint8_t* codes, uint64_t first, uint64_t count, const HammingQuery& query,
               unsigned most, HitBuffer& hits);

  // Adds the rows within `most` bits of the queries that lie within `radius` bits of them in one
  // band. A query that has spent its budget is left, with a negative one.
  void (*probe)(const HammingTables& tables, unsigned band, unsigned radius, const LineFlips& flips,
                HammingQuery* queries, size_t count, unsigned most, HammingWorkspace& workspace,
                HitBuffer& hits);
};

extern const HammingKernels hamming_plain;
extern const HammingKernels hamming_avx2;
extern const HammingKernels hamming_avx512;

template <>
std::span<const HammingKernels* const> kernels_here();

}  // namespace takeback
